// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("law 8: what is not ours is left alone")
struct OwnershipTests {
  @Test(
    "a foreign resource of our name is refused, naming both, before any write",
    arguments: [
      (Owner.nobody, "\"main\" of"), (.stack("billing", id: "rds/cluster.main"), "of stack \"billing\""),
    ])
  func foreign(owner: Owner, says: String) async throws {
    let orders = Orders()
    orders.cloud.put(.init(id: "db-foreign", key: "main", owner: owner, attributes: [:]), "rds/cluster")
    let stop = try #require(await orders.stop(orders.graph()))
    #expect(stop.exitCode == .ownership)
    let message = try #require(stop.diagnostics.all.first?.message)
    #expect(message.contains("\"rds/cluster.main\" of stack \"orders\""))
    #expect(message.contains("db-foreign"))
    #expect(owner == .nobody || message.contains(says))
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("something foreign that only AWS's refusal tells of is named within seconds; exit 8")
  func placeTaken() async throws {
    let orders = Orders()
    orders.cloud.change { state in
      state.fault = { call, _ in
        guard call.verb == .create, call.address == "ec2/group.db" else { return nil }
        return .fail(
          CallError(
            .alreadyExists, code: "InvalidGroup.Duplicate", message: "the group 'db' exists in vpc-1",
            operation: "ec2 CreateSecurityGroup"))
      }
    }
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.exitCode == .ownership)
    let message = try #require(verdict.diagnostics.all.first?.message)
    #expect(message.hasPrefix("\"ec2/group.db\" of stack \"orders\" cannot be made: something that is not ours"))
    #expect(message.hasSuffix("ec2 CreateSecurityGroup: InvalidGroup.Duplicate: the group 'db' exists in vpc-1"))
    #expect(orders.cloud.writes.filter { $0.address == "ec2/group.db" }.count == 1)
    #expect(orders.clock.now.offset < .seconds(60))
  }

  @Test("two candidates for one identity are refused, listing both")
  func twoCandidates() async throws {
    let orders = Orders()
    try await orders.build()
    orders.cloud.put(
      .init(id: "vpc-copy", owner: .stack("orders", id: "ec2/vpc.main"), attributes: [:]), "ec2/vpc")
    let stop = try #require(await orders.stop(orders.graph()))
    #expect(stop.exitCode == .ownership)
    #expect(stop.diagnostics.all.first?.rule == "ownership.two-candidates")
    #expect(stop.diagnostics.all.first?.message.contains("\"vpc-copy\"") == true)
    #expect(stop.diagnostics.all.first?.message.contains("\"\(try #require(orders.id("ec2/vpc.main")))\"") == true)
  }

  @Test(
    "what has lost its owner tags is the one thing refused, naming both owners, and nothing that follows from it",
    arguments: [
      (Owner.nobody, "which has no tag of harecon's"),
      (.stack("billing", id: "ec2/vpc.main"), "\"ec2/vpc.main\" of stack \"billing\""),
      (.stack("orders", id: nil), "tagged with stack \"orders\""),
      (.stack("orders", id: "ec2/vpc.other"), "\"ec2/vpc.other\" of stack \"orders\""),
    ])
  func disowned(owner: Owner, says: String) async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let id = try #require(orders.id("ec2/vpc.main"))
    orders.cloud.edit("ec2/vpc", id) { $0.owner = owner }
    let stop = try #require(await orders.stop(graph))
    #expect(stop.exitCode == .ownership)
    #expect(stop.diagnostics.all.map(\.rule) == ["ownership.disowned"])
    let message = try #require(stop.diagnostics.all.first?.message)
    #expect(message.hasPrefix("\"ec2/vpc.main\" of stack \"orders\" is not tagged as that any more"))
    #expect(message.contains("\"ec2/group.db\" and 2 more of its belong to"))
    #expect(message.contains(says) && message.contains(id))
    orders.cloud.edit("ec2/vpc", id) { $0.owner = .stack("orders", id: "ec2/vpc.main") }
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("what does not depend on an ownership problem is still refused for its own reasons")
  func ownRefusal() async throws {
    let orders = Orders()
    try await orders.build()
    orders.cloud.put(
      .init(id: "copy", owner: .stack("orders", id: "ec2/subnet.a"), attributes: [:]), "ec2/subnet")
    let stop = try #require(await orders.stop(orders.graph { $0["ec2/vpc.main"]?["cidr"] = "10.9.0.0/16" }))
    #expect(stop.exitCode == .ownership)
    #expect(stop.diagnostics.all.map(\.rule) == ["ownership.two-candidates", "plan.refused"])
  }

  @Test("a destroy leaves alone what has lost its owner tags, and says so")
  func disownedInDestroy() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let id = try #require(orders.id("ec2/vpc.main"))
    orders.cloud.edit("ec2/vpc", id) { $0.owner = .nobody }
    let destroy = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    #expect(destroy.plan.notes.contains { $0.rule == "ownership.disowned" && $0.message.hasSuffix("it is left alone") })
    #expect(await orders.apply(destroy).isSuccess)
    #expect(orders.cloud.count == 1)
    #expect(orders.cloud.things("ec2/vpc").map(\.id) == [id])
  }

  @Test("a destroy takes along what is tagged as another resource of the same stack")
  func mislabelledInDestroy() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let id = try #require(orders.id("ec2/vpc.main"))
    orders.cloud.edit("ec2/vpc", id) { $0.owner = .stack("orders", id: "ec2/vpc.other") }
    let destroy = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    #expect(!destroy.plan.notes.contains { $0.rule.hasPrefix("ownership.") })
    #expect(await orders.apply(destroy).isSuccess)
    #expect(orders.cloud.count == 0)
  }

  @Test("resources of other stacks and of nobody are not ours to delete")
  func others() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.cloud.put(.init(id: "vpc-x", owner: .nobody, attributes: [:]), "ec2/vpc")
    orders.cloud.put(.init(id: "vpc-y", owner: .stack("billing", id: "ec2/vpc.main"), attributes: [:]), "ec2/vpc")
    #expect(try await orders.decide(graph).plan.isEmpty)
    let destroy = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    await orders.apply(destroy)
    #expect(orders.cloud.things("ec2/vpc").map(\.id) == ["vpc-x", "vpc-y"])
  }

  @Test("what is ours and no longer in the spec is deleted, after everything that names it")
  func prune() async throws {
    let orders = Orders()
    try await orders.build()
    let graph = orders.graph { wishes in
      wishes["rds/instance.b"] = nil
      wishes["ec2/subnet.b"] = nil
      wishes["rds/cluster.main"]?["subnets"] = [out("ec2/subnet.a")]
    }
    // The subnets of a live cluster stay what they are.
    #expect(await orders.stop(graph)?.exitCode == .refused)
    let fewer = orders.graph { $0["rds/instance.b"] = nil }
    let decision = try await orders.decide(fewer)
    #expect(decision.plan.stepNames == ["delete rds/instance.b"])
    #expect(decision.plan.changes.first { $0.address == "rds/instance.b" }?.reasons == [.notInSpec])
    await orders.apply(decision)
    #expect(orders.cloud.count == 7)
  }

  @Test("what has left the spec together goes in the order in which it hangs together")
  func pruneOrder() async throws {
    let orders = Orders()
    let graph = orders.graph { wishes in
      for address in wishes.keys where address.hasPrefix("rds/") { wishes[address] = nil }
    }
    try await orders.build(graph)
    let decision = try await orders.decide(Graph(stack: "orders"))
    #expect(
      decision.plan.stepNames == [
        "delete ec2/group.db", "delete ec2/subnet.a", "delete ec2/subnet.b", "delete ec2/vpc.main",
        "delete logs/group.pg",
      ])
    #expect(decision.plan.step("delete ec2/vpc.main")?.needs.count == 3)
    #expect(await orders.apply(decision).isSuccess)
    #expect(orders.cloud.writes.count == 5, "nothing was refused for being in use")
  }

  @Test("law 3: what holds data and has left the spec is kept, and the plan says so")
  func keptData() async throws {
    let orders = Orders()
    try await orders.build()
    let graph = orders.graph { wishes in
      for address in wishes.keys where address.hasPrefix("rds/") { wishes[address] = nil }
    }
    let plan = try await orders.decide(graph).plan
    #expect(plan.stepNames == ["delete rds/instance.a", "delete rds/instance.b"])
    let note = try #require(plan.notes.first { $0.rule == "plan.kept" })
    #expect(note.address == "rds/cluster.main")
    #expect(note.hint?.contains("harecon destroy") == true)
  }

  @Test("a copy that carries its original's tags under another name is left alone when it holds data")
  func copy() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.cloud.put(
      .init(id: "restored", key: "restored", owner: .stack("orders", id: "rds/cluster.main"), attributes: [:]),
      "rds/cluster")
    let plan = try await orders.decide(graph).plan
    #expect(plan.isEmpty)
    #expect(plan.notes.map(\.rule) == ["ownership.copy"])
  }

  @Test("what AWS made with a copy of another kind's tags, or with half of them, is left alone")
  func copiedTags() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.cloud.put(
      .init(id: "autoscaled", key: "x", owner: .stack("orders", id: "rds/cluster.main"), attributes: [:]),
      "rds/instance")
    orders.cloud.put(.init(id: "half", key: "y", owner: .stack("orders", id: nil), attributes: [:]), "rds/instance")
    let plan = try await orders.decide(graph).plan
    #expect(plan.isEmpty)
    #expect(plan.notes.map(\.rule) == ["ownership.no-id", "ownership.no-id"])
  }

  @Test("what hangs below something of ours and carries no tags is ours by its place")
  func below() async throws {
    let orders = Orders()
    orders.cloud.put(.init(id: "r-1", key: "stray", owner: .parent, attributes: ["value": "x"]), "route53/record")
    let plan = try await orders.decide(Graph(stack: "orders", [orders.record.desired("writer", ["value": "w"])])).plan
    #expect(plan.stepNames == ["create route53/record.writer", "delete route53/record.stray"])
  }

  @Test("a resource that lost its tags between plan and delete is not deleted")
  func noLongerOurs() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let destroy = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    orders.edit("logs/group.pg") { $0.owner = .stack("billing", id: "logs/group.pg") }
    let verdict = await orders.apply(destroy)
    #expect(verdict.exitCode == .ownership)
    #expect(orders.cloud.things("logs/group").count == 1)
  }
}
