// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("What takes the place of what leaves")
struct SuccessorTests {
  @Test("a member that leaves goes once the one that comes is there")
  func successor() async throws {
    let orders = Orders()
    _ = try await orders.build()
    let graph = orders.graph {
      $0["rds/instance.c"] = $0["rds/instance.b"]
      $0["rds/instance.b"] = nil
    }
    let steps = try await orders.decide(graph).plan.steps
    let leaving = try #require(steps.first { $0.id == Step.ID(.delete, Address("rds/instance", "b")) })
    #expect(leaving.needs.contains(Step.ID(.create, Address("rds/instance", "c"))))
  }

  @Test("a renamed record goes once the one of its new name is there; what has the place of a new one goes first")
  func renamed() async throws {
    var orders = Orders()
    let stray = FakeCloud.Thing(id: "r-1", key: "old", owner: .parent, attributes: ["value": "w"])
    orders.cloud.put(stray, "route53/record")
    let graph = Graph(stack: "orders", [orders.record.desired("new", ["value": "w"])])
    let (create, delete) = (Step.ID(.create, "route53/record.new"), Step.ID(.delete, "route53/record.old"))
    let beside = try await orders.decide(graph).plan
    #expect(beside.steps.map(\.id) == [create, delete])
    #expect(beside.steps.last?.needs == [create])
    orders.record.excludes = { live, desired in live == "old" && desired == "new" }
    let instead = try await orders.decide(graph).plan
    #expect(instead.steps.map(\.id) == [delete, create])
    #expect(instead.steps.last?.needs == [delete])
  }

  @Test("what is found by its tags and leaves the spec does not wait for what comes")
  func noSuccessor() async throws {
    let orders = Orders()
    try await orders.build(Graph(stack: "orders", [orders.vpc.desired("old")]))
    let plan = try await orders.decide(Graph(stack: "orders", [orders.vpc.desired("new")])).plan
    #expect(plan.steps.count == 2)
    #expect(plan.steps.allSatisfy { $0.needs.isEmpty })
  }
}
