// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("law 7: digest stability")
struct DigestTests {
  @Test("the same spec and the same observation give the same digest on any machine")
  func recorded() async throws {
    let orders = Orders()
    let plan = try await orders.decide(orders.graph()).plan
    // Made once and never to change: an older plan file must still hold. A change of this value is a change of the format.
    #expect(plan.specDigest == "6e8b52f8aa273bba8871d4c0d1c018950a86a006cf66b21871435d2a24749e6c")
    #expect(plan.digest == "97de091555fac38083fde270a82d18647afa63fe24a7d831b336d9d1f7de0ed7")
  }

  @Test("the order in which AWS answers, and in which dictionaries come, is no part of it", arguments: 0..<20)
  func order(seed: UInt64) async throws {
    var random = SplitMix64(seed: seed)
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
    let world = await orders.observer.observe(graph)
    let shuffled = World(observations: world.observations.mapValues { $0.shuffled(using: &random) })
    let other = Graph(stack: "orders", graph.sorted.shuffled(using: &random))
    let kinds = orders.kinds.shuffled(using: &random)
    let planner = Planner(kinds, account: "111122223333", region: "us-east-1")
    #expect(try planner.converge(other, shuffled).plan == orders.planner.converge(graph, world).plan)
    #expect(try planner.converge(other, shuffled).plan.digest == orders.planner.converge(graph, world).plan.digest)
  }

  @Test("another spec, another world, another account or another aim is another digest")
  func sensitive() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let world = await orders.observer.observe(graph)
    var digests = [try orders.planner.converge(graph, world).plan.digest]
    digests.append(
      try orders.planner.converge(orders.graph { $0["logs/group.pg"]?["retention"] = 1 }, world).plan.digest)
    digests.append(
      try orders.planner.converge(orders.graph { $0["rds/cluster.main"]?["token"] = "x" }, world).plan.digest)
    digests.append(
      try orders.planner.converge(orders.graph { $0["rds/cluster.main"]?["password"] = "x" }, world).plan.digest)
    digests.append(try Planner(orders.kinds, account: "2", region: "us-east-1").converge(graph, world).plan.digest)
    digests.append(
      try Planner(orders.kinds, account: "111122223333", region: "eu-west-1").converge(graph, world).plan.digest)
    digests.append(try orders.planner.converge(graph, world, targets: ["ec2/vpc.main"]).plan.digest)
    for policy in [Plan.DataPolicy.keep, .discard, .snapshot(stamp: "1"), .snapshot(stamp: "2")] {
      digests.append(try orders.planner.destroy(graph, world, policy).plan.digest)
    }
    orders.edit("ec2/vpc.main") { $0.attributes["dns"] = false }
    digests.append(try orders.planner.converge(graph, await orders.observer.observe(graph)).plan.digest)
    #expect(Set(digests).count == digests.count)
  }

  @Test("no two different sequences of items have the same bytes")
  func unambiguous() {
    let values: [Value] = [
      .null, true, false, 0, 1, .double(1), .double(-0.0), .double(0), "", "a", "ab", [], ["a", "b"], ["ab"],
      [["a"], "b"],
      [:], ["a": "b"], ["ab": ""], ["a": ["b": .null]], out("ec2/vpc.a", "b"), out("ec2/vpc.a.b", "c"),
      .sealed(digest: "a"),
    ]
    #expect(Set(values.map(\.canonicalBytes)).count == values.count)
  }
}

@Suite("Stale plans")
struct StalenessTests {
  @Test(
    "a plan that still holds is carried out; one whose world has moved names address, attribute, old and new; exit 7")
  func moved() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
    let plan = try await orders.decide(graph).plan
    try plan.mustStillHold(try await orders.decide(graph).plan)
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 2 }
    let message = await why(plan, orders, graph)
    #expect(message == ["\"backup\" of \"rds/cluster.main\" was \"1\" when the plan was made and is \"2\" now"])
  }

  @Test("what came, went or was made anew since the plan is named")
  func existence() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let plan = try await orders.decide(graph).plan
    let old = try #require(orders.id("logs/group.pg"))
    orders.edit("logs/group.pg") { $0.id = "other" }
    #expect(await why(plan, orders, graph) == ["\"logs/group.pg\" was \(old) when the plan was made and is other now"])
    orders.cloud.change { $0.things["logs/group"] = [] }
    #expect(await why(plan, orders, graph) == ["\"logs/group.pg\" (\(old)) is gone since the plan was made"])
  }

  @Test("of a world in which everything has moved the first are named and the rest counted")
  func everything() async throws {
    let orders = Orders()
    let plan = try await orders.decide(orders.graph()).plan
    let graph = try await orders.build()
    let messages = await why(plan, orders, graph)
    #expect(messages.count == 6)
    #expect(messages.prefix(5).allSatisfy { $0.contains("has come into being") })
    #expect(messages.last == "and 3 more have moved since the plan was made")
  }

  @Test("another spec is named as such")
  func spec() async throws {
    let orders = Orders()
    let plan = try await orders.decide(try await orders.build()).plan
    let messages = await why(plan, orders, orders.graph { $0["rds/cluster.main"]?["token"] = "x" })
    #expect(messages.first == "the spec has changed since the plan was made")
    #expect(!"\(messages)".contains("planted"))
  }

  @Test("a step whose resource has moved since the plan stops before its call, naming what moved; exit 7")
  func perStep() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
    let decision = try await orders.decide(graph)
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 2 }
    let verdict = await orders.apply(decision)
    #expect(verdict.exitCode == .stale)
    #expect(
      verdict.diagnostics.all.first?.message.contains("was \"1\" when the plan was made and is \"2\" now") == true)
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("what somebody else has meanwhile done as the plan wanted it is done, without a call")
  func doneByOthers() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
    let decision = try await orders.decide(graph)
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 14 }
    #expect(await orders.apply(decision).isSuccess)
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test(
    "two applies at once that both found nothing make nothing twice: one does it all, the other exits with 7",
    arguments: 0..<20)
  func twoWriters(run: Int) async throws {
    let orders = Orders()
    let graph = orders.graphWithOneBeginning
    let decision = try await orders.decide(graph)
    async let first = orders.apply(decision)
    async let second = orders.apply(decision)
    let verdicts = await [first, second]
    #expect(Set(verdicts.map(\.exitCode)) == [.done, .stale])
    let loser = try #require(verdicts.first { !$0.isSuccess })
    #expect(loser.done.isEmpty)
    #expect(loser.diagnostics.all.map(\.rule) == ["plan.other-writer"])
    let owners = orders.fakes.flatMap { orders.cloud.things($0.name) }.map(\.owner)
    #expect(owners.count == 8)
    #expect(Set(owners).count == owners.count)
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("whoever comes a moment later, with a plan that found nothing, makes nothing either")
  func lateWriter() async throws {
    let orders = Orders()
    let graph = orders.graphWithOneBeginning
    let decision = try await orders.decide(graph)
    #expect(await orders.apply(decision).isSuccess)
    orders.cloud.forgetCalls()
    let verdict = await orders.apply(decision)
    #expect(verdict.exitCode == .stale)
    #expect(verdict.done.isEmpty)
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("a create that finds its name taken by the same stack's other run stops there")
  func refusedCreate() async throws {
    let orders = Orders()
    let graph = orders.graphWithOneBeginning
    let decision = try await orders.decide(graph)
    let isFirst = Guarded(true)
    orders.cloud.change { state in
      // Between the look and the create.
      state.fault = { call, _ in
        guard call.verb == .create,
          isFirst.withLock({ first in
            defer { first = false }; return first
          })
        else { return nil }
        return .fail(CallError(.alreadyExists, code: "AlreadyExists", message: "pg exists"))
      }
    }
    orders.cloud.put(
      .init(
        id: "g-1", key: "pg", owner: .stack("orders", id: "logs/group.pg"), attributes: ["retention": 30], hiddenFor: 3),
      "logs/group")
    let verdict = await orders.apply(decision)
    #expect(verdict.exitCode == .stale)
    #expect(orders.cloud.writes.map(\.description) == ["create logs/group.pg"])
    #expect(verdict.diagnostics.all.first?.message.contains("another run is at work on stack \"orders\"") == true)
  }

  private func why(_ plan: Plan, _ orders: Orders, _ graph: Graph) async -> [String] {
    do throws(Stop) {
      try plan.mustStillHold(try await orders.decide(graph).plan)
      return []
    } catch {
      #expect(error.exitCode == .stale)
      return error.diagnostics.all.map(\.message)
    }
  }
}
