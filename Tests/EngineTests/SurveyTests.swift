// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import Testing

@Suite("Looking and asking")
struct SurveyTests {
  @Test("what matters to any plan is asked while the stack is looked at")
  func together() async throws {
    // Each ends only when the other has begun: one after the other would wait for ever.
    let begun = Guarded<Set<String>>([])
    let meet: @Sendable (String) async -> Void = { name in
      begun.withLock { _ = $0.insert(name) }
      while begun.withLock({ $0.count }) < 2 { await Task.yield() }
    }
    let orders = Orders()
    let slow = Kind(
      name: "a/slow", identity: .name, schema: [], holdsData: false, parent: nil, patience: Patience(),
      resolve: { resource, _ in resource },
      observe: { _ in
        await meet("listing"); return []
      },
      create: { _, _ in }, update: { _, _, _ in }, delete: { _, _ in .gone })
    let survey = Survey(Observer(orders.kinds + [slow]), orders.planner) { _ in
      [
        Preflight(isForAnyPlan: true) {
          await meet("question"); return { _ in [] }
        }
      ]
    }
    #expect(try await survey.decide(orders.graph()).plan.steps.count == 8)
  }

  @Test("what only some plans need of the account is asked for those, when they are known")
  func needed() async throws {
    let orders = Orders()
    let asked = Guarded<[String]>([])
    func question(_ name: String, matters: @escaping @Sendable (Plan) -> Bool) -> Preflight {
      Preflight(matters: matters) {
        let looks = orders.cloud.calls.count
        asked.withLock { $0.append("\(name) after \(looks > 0 ? "the looks" : "nothing")") }
        return { _ in [Self.note] }
      }
    }
    let questions = [question("room") { !$0.isEmpty }, question("drills") { $0.isEmpty }]
    let survey = Survey(orders.observer, orders.planner) { _ in questions }
    #expect(try await survey.decide(orders.graph()).plan.notes.count == 1)
    #expect(asked.withLock { $0 } == ["room after the looks"])
    try await orders.build()
    _ = try await survey.decide(orders.graph())
    #expect(asked.withLock { $0 } == ["room after the looks", "drills after the looks"])
  }

  @Test("what is asked early and does not matter to the plan is not told")
  func early() async throws {
    let orders = Orders()
    let survey = Survey(orders.observer, orders.planner) { _ in
      [Preflight(isForAnyPlan: true, matters: { $0.isEmpty }) { { _ in [Self.error] } }]
    }
    #expect(try await !survey.decide(orders.graph()).plan.notes.contains(Self.error))
  }

  @Test("notes and warnings are told with the plan, in the order of the questions, and leave its digest alone")
  func told() async throws {
    let orders = Orders()
    let plain = try await survey(orders, []).decide(orders.graph()).plan
    let plan = try await survey(orders, [[Self.warning], [], [Self.note]]).decide(orders.graph()).plan
    #expect(plan.notes == plain.notes + [Self.warning, Self.note])
    #expect(plan.digest == plain.digest && plan.steps == plain.steps)
  }

  @Test("an error stands against the plan, and is told before everything else")
  func refused() async throws {
    let orders = Orders()
    let stop = await #expect(throws: Stop.self) {
      try await survey(orders, [[Self.note], [Self.error]]).decide(orders.graph())
    }
    #expect(stop?.exitCode == .refused)
    #expect(stop?.diagnostics.all == [Self.error, Self.note])
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("questions are judged by the plan and by what was seen")
  func prospect() async throws {
    let orders = Orders()
    try await orders.build()
    let survey = Survey(orders.observer, orders.planner) { graph in
      [
        Preflight {
          { prospect in
            let networks = prospect.seen["ec2/vpc"]?.count ?? 0
            let text = "\(graph.stack): \(networks) networks, \(prospect.plan.steps.count) steps"
            return [Diagnostic(.note, rule: "test", text)]
          }
        }
      ]
    }
    #expect(try await survey.decide(orders.graph()).plan.notes.map(\.message) == ["orders: 1 networks, 0 steps"])
  }

  @Test("nothing is asked for what is taken down")
  func destroy() async throws {
    let orders = Orders()
    try await orders.build()
    let plan = try await survey(orders, [[Self.error]]).decide(orders.graph(), for: .destroy(.discard)).plan
    #expect(!plan.isEmpty && !plan.notes.contains(Self.error))
  }

  @Test("a pass of the loop is stopped by what the account lacks")
  func pass() async throws {
    let orders = Orders()
    let reconciler = Reconciler(
      survey(orders, [[Self.error]]), orders.applier(), clock: orders.clock, mode: .repair(upTo: .outage),
      cancellation: Cancellation(), report: { _ in })
    var oscillation = Oscillation()
    let pass = await reconciler.pass(orders.graph(), &oscillation)
    #expect(pass.exitCode == .refused && pass.sentence == "changed nothing: too little")
    #expect(orders.cloud.writes.isEmpty)
  }

  private static let note = Diagnostic(.note, rule: "test", "good to know")
  private static let warning = Diagnostic(.warning, rule: "test", "look out")
  private static let error = Diagnostic(.error, rule: "test", "too little")

  private func survey(_ orders: Orders, _ answers: [[Diagnostic]]) -> Survey {
    Survey(orders.observer, orders.planner) { _ in
      answers.map { answer in Preflight { { _ in answer } } }
    }
  }
}
