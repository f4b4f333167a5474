// SPDX-License-Identifier: Apache-2.0

package import Core

/// Looks at the stack and asks the account, once and all at the same time, and decides.
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
    async let asked = ask(purpose, graph)
    let world = await observer.observe(graph)
    let judgements = await asked
    let decision = try planner.decide(graph, world, for: purpose, targets: targets)
    let prospect = Prospect(plan: decision.plan, seen: world.observations)
    return try decision.told(judgements.flatMap { $0(prospect) })
  }

  /// The judgements in the order of the questions. What is taken down needs nothing of the account.
  private func ask(_ purpose: Plan.Purpose, _ graph: Graph) async -> [Preflight.Judgement] {
    switch purpose {
    case .destroy: return []
    case .converge: break
    }
    return await withTaskGroup(of: (Int, Preflight.Judgement).self) { group in
      for (index, preflight) in preflights(graph).enumerated() {
        group.addTask { (index, await preflight.ask()) }
      }
      var answered: [(Int, Preflight.Judgement)] = []
      for await answer in group { answered.append(answer) }
      return answered.sorted { $0.0 < $1.0 }.map(\.1)
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
