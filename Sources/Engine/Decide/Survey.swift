// SPDX-License-Identifier: Apache-2.0

package import Core

/// Looks at the stack, decides, and asks the account for what the plan needs of it.
package struct Survey: Sendable {
  private let observer: Observer
  private let planner: Planner
  private let preflights: @Sendable (Graph) -> [Preflight]

  /// - Parameter preflights: what to ask the account for a graph that is to be made so.
  package init(
    _ observer: Observer, _ planner: Planner,
    preflights: @escaping @Sendable (Graph) -> [Preflight] = { _ in [] }
  ) {
    self.observer = observer
    self.planner = planner
    self.preflights = preflights
  }

  /// - Throws: what stands against the plan, in the world or in the account.
  package func decide(
    _ graph: Graph, for purpose: Plan.Purpose = .converge, targets: Set<Address> = []
  ) async throws(Stop) -> Decision {
    let questions = questions(purpose, graph)
    async let early = Self.answers(to: questions.filter(\.preflight.isForAnyPlan))
    let world = await observer.observe(graph)
    let decision = try planner.decide(graph, world, for: purpose, targets: targets)
    let open = questions.filter { $0.preflight.matters(decision.plan) }
    let late = await Self.answers(to: open.filter { !$0.preflight.isForAnyPlan })
    let judgements = await early.merging(late) { first, _ in first }
    let prospect = Prospect(plan: decision.plan, seen: world.observations)
    return try decision.told(open.flatMap { judgements[$0.number]?(prospect) ?? [] })
  }

  private struct Question: Sendable {
    let number: Int
    let preflight: Preflight
  }

  /// What is taken down needs nothing of the account.
  private func questions(_ purpose: Plan.Purpose, _ graph: Graph) -> [Question] {
    switch purpose {
    case .destroy: []
    case .converge: preflights(graph).enumerated().map { Question(number: $0.offset, preflight: $0.element) }
    }
  }

  /// All asked at the same time; by the questions' numbers.
  private static func answers(to questions: [Question]) async -> [Int: Preflight.Judgement] {
    await withTaskGroup(of: (Int, Preflight.Judgement).self) { group in
      for question in questions {
        group.addTask { (question.number, await question.preflight.ask()) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }
}

extension Decision {
  /// The same with what the account had to say among the plan's notes, which its digest does not cover.
  fileprivate func told(_ diagnostics: [Diagnostic]) throws(Stop) -> Decision {
    guard !diagnostics.isEmpty else { return self }
    guard !diagnostics.contains(where: { $0.severity == .error }) else {
      // In the order in which they were asked, the errors first.
      let errors = diagnostics.filter { $0.severity == .error }
      throw Stop(.refused, errors + diagnostics.filter { $0.severity != .error })
    }
    let told = Plan(
      stack: plan.stack, account: plan.account, region: plan.region, purpose: plan.purpose, targets: plan.targets,
      specDigest: plan.specDigest, sightings: plan.sightings, changes: plan.changes, steps: plan.steps,
      notes: plan.notes + diagnostics)
    return Decision(plan: told, graph: graph, desired: desired, live: live, lost: lost)
  }
}
