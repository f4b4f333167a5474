// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("Destroying")
struct DestroyTests {
  @Test("what others have put into something of ours is named before anything is deleted; exit 8")
  func obstacle() async throws {
    var orders = Orders()
    let graph = try await orders.build()
    let cluster = try #require(orders.id("rds/cluster.main"))
    let theirs = FakeCloud.Thing(
      id: "reports", key: "reports", owner: .stack("billing", id: "rds/instance.r"),
      attributes: ["cluster": .string(cluster)])
    orders.cloud.put(theirs, "rds/instance")
    orders.instance.parent = "rds/cluster"
    orders.instance.holdsParent = "cluster"
    let world = await orders.observer.observe(graph)
    let planner = orders.planner
    let stop = #expect(throws: Stop.self) { try planner.destroy(graph, world, .discard) }
    #expect(stop?.exitCode == .ownership)
    #expect(stop?.diagnostics.all.map(\.address) == ["rds/cluster.main"])
    let message = try #require(stop?.diagnostics.all.first?.message)
    #expect(message.hasSuffix("\"rds/instance.r\" of stack \"billing\" (reports)"))
    #expect(try planner.destroy(graph, world, .keep).plan.changes.allSatisfy { $0.address != "rds/instance.r" })
    orders.cloud.edit("rds/instance", "reports") { $0.goneIn = 2 }
    _ = try planner.destroy(graph, await orders.observer.observe(graph), .discard)
  }

  @Test("what only mentions something of ours does not hold it")
  func noObstacle() async throws {
    var orders = Orders()
    let graph = try await orders.build()
    let cluster = try #require(orders.id("rds/cluster.main"))
    orders.cloud.put(
      .init(
        id: "reports", key: "reports", owner: .stack("billing", id: "rds/instance.r"),
        attributes: ["cluster": "theirs", "size": .string(cluster)]), "rds/instance")
    orders.instance.parent = "rds/cluster"
    orders.instance.holdsParent = "cluster"
    _ = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
  }

  @Test("everything goes before what it needs, orphans too")
  func order() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.cloud.put(
      .init(
        id: "group-old", owner: .stack("orders", id: "ec2/group.old"),
        attributes: ["vpc": .string(try #require(orders.id("ec2/vpc.main")))]), "ec2/group")
    let plan = try await destroy(orders, graph, .discard)
    #expect(plan.steps.count == 9)
    expectInOrder(plan.steps)
    #expect(
      plan.stepNames.firstIndex(of: "delete ec2/group.old")! < plan.stepNames.firstIndex(of: "delete ec2/vpc.main")!)
    #expect(plan.stepNames.last == "delete ec2/vpc.main" || plan.stepNames.last == "delete logs/group.pg")
    #expect(plan.steps.allSatisfy { $0.deletion?.wholeStack == true })
  }

  @Test("the writer goes after its readers, and the readers go together")
  func writerLast() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("rds/instance.a") { $0.turn = 1 }
    let plan = try await destroy(orders, graph, .discard)
    #expect(plan.step("delete rds/instance.a")?.needs == [Step.ID(.delete, "rds/instance.b")])
    #expect(plan.step("delete rds/instance.b")?.needs == [])
  }

  @Test("only what holds data has a last snapshot, whose name is like no other")
  func snapshots() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let plan = try await destroy(orders, graph, .snapshot(stamp: "20261122t164500z"))
    #expect(
      plan.steps.filter { $0.deletion?.finalSnapshot != nil }.map(\.id.description) == ["delete rds/cluster.main"])
    #expect(plan.step("delete rds/cluster.main")?.deletion?.finalSnapshot == "orders-main-final-20261122t164500z")
    #expect(Planner.snapshotName("orders", "a_b--C", "x.y") == "orders-a-b-c-final-x-y")
  }

  @Test("data that is kept keeps all that it needs")
  func keep() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let plan = try await destroy(orders, graph, .keep)
    #expect(plan.stepNames == ["delete rds/instance.a", "delete rds/instance.b"])
    #expect(plan.notes.filter { $0.rule == "destroy.kept" }.count == 6)
    let vpc = try #require(plan.notes.first { $0.address == "ec2/vpc.main" })
    #expect(vpc.message.contains("\"rds/cluster.main\", which holds data, needs it"))
  }

  @Test("a stack of which nothing is left is an empty plan")
  func nothing() async throws {
    let orders = Orders()
    let plan = try await destroy(orders, orders.graph(), .discard)
    #expect(plan.isEmpty)
    #expect(plan.changes.count == 8)
  }

  @Test(
    "what is only scheduled or kept is told as that, and not waited for",
    arguments: [Departure.scheduled(for: "2026-12-22"), .kept(because: "snapshots are encrypted with it")])
  func lingering(departure: Departure) async throws {
    var orders = Orders()
    let graph = try await orders.build()
    orders.logs.departure = departure
    orders.logs.goneIn = 1_000_000
    let decision = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    let told = Guarded<[Progress.Event]>([])
    let verdict = await orders.apply(decision) { progress in
      if progress.step == Step.ID(.delete, "logs/group.pg") { told.withLock { $0.append(progress.event) } }
    }
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(verdict.departures[Step.ID(.delete, "logs/group.pg")] == departure)
    #expect(verdict.departures[Step.ID(.delete, "ec2/vpc.main")] == .gone)
    #expect(told.withLock { $0.last } == .departed(departure))
  }

  @Test("law 4: killed at any call, a destroy that is run again ends with nothing left")
  func killAnywhere() async throws {
    let whole = Orders()
    let graph = try await whole.build()
    await whole.apply(try whole.planner.destroy(graph, await whole.observer.observe(graph), .discard))
    for call in 1...whole.cloud.calls.count {
      let orders = Orders()
      try await orders.build()
      let decision = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
      orders.cloud.forgetCalls()
      orders.cloud.change { state in
        state.fault = { _, number in
          if number == call { return .loseAnswer }
          return number > call ? .fail(CallError(.cancelled, code: "Dead", message: "killed")) : nil
        }
      }
      await orders.apply(decision)
      orders.cloud.change { $0.fault = nil }
      let verdict = await orders.apply(
        try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard))
      #expect(verdict.isSuccess, "killed at call \(call): \(verdict.diagnostics)")
      #expect(orders.cloud.count == 0, "killed at call \(call)")
    }
  }

  private func destroy(_ orders: Orders, _ graph: Graph, _ policy: Plan.DataPolicy) async throws -> Plan {
    try orders.planner.decide(graph, await orders.observer.observe(graph), for: .destroy(policy)).plan
  }
}
