// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("Planning")
struct PlannerTests {
  // MARK: Order

  @Test("everything is created after what it needs, what it needs without a value too")
  func createOrder() async throws {
    let orders = Orders()
    let plan = try await orders.decide(orders.graph()).plan
    #expect(plan.steps.count == 8)
    expectInOrder(plan.steps)
    let cluster = try #require(plan.step("create rds/cluster.main"))
    #expect(cluster.needs.contains(Step.ID(.create, "logs/group.pg")))
    #expect(plan.changes.map(\.address) == plan.changes.map(\.address).sorted())
  }

  @Test("a resource with nothing to do still stands between those on either side of it")
  func throughNoOps() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("logs/group.pg") { $0.attributes["retention"] = 1 }
    orders.remove("rds/instance.a")
    let plan = try await orders.decide(graph).plan
    #expect(plan.stepNames == ["update logs/group.pg", "create rds/instance.a"])
    #expect(plan.step("create rds/instance.a")?.needs == [Step.ID(.update, "logs/group.pg")])
  }

  @Test("every address is in the plan, no-ops too")
  func noOps() async throws {
    let orders = Orders()
    let plan = try await orders.decide(try await orders.build()).plan
    #expect(plan.changes.count == 8)
    #expect(plan.changes.allSatisfy { $0.action == .noOp })
    #expect(plan.isEmpty)
  }

  @Test("resources that need each other in a circle are refused, naming the circle")
  func cycle() async throws {
    let orders = Orders()
    let kind = orders.logs
    let graph = Graph(
      stack: "orders",
      [
        kind.desired("a", after: ["logs/group.b"]), kind.desired("b", after: ["logs/group.c"]),
        kind.desired("c", after: ["logs/group.a"]), kind.desired("d", after: ["logs/group.a"]),
      ])
    let stop = await orders.stop(graph)
    #expect(stop?.exitCode == .invalid)
    #expect(
      stop?.diagnostics.all.map(\.message) == [
        "resources need each other in a circle: logs/group.a → logs/group.b → logs/group.c → logs/group.a"
      ])
  }

  @Test("a need that is not in the graph and a kind that nobody knows are refused, all at once")
  func unknown() async {
    let orders = Orders()
    var stranger = orders.logs
    stranger.name = "x/y"
    let graph = Graph(stack: "orders", [orders.logs.desired("a", after: ["logs/group.z"]), stranger.desired("b")])
    #expect(
      await orders.stop(graph)?.diagnostics.all.map(\.rule) == ["graph.unknown-dependency", "graph.unknown-kind"])
  }

  @Test("disruptive updates of a kind that wants it so are made one at a time, the writer last")
  func oneAtATime() async throws {
    let orders = Orders()
    try await orders.build()
    orders.edit("rds/instance.a") { $0.turn = 1 }
    let graph = orders.graph { wishes in
      wishes["rds/instance.a"]?["size"] = "large"
      wishes["rds/instance.b"]?["size"] = "large"
    }
    let plan = try await orders.decide(graph).plan
    #expect(plan.stepNames == ["update rds/instance.b", "update rds/instance.a"])
    #expect(plan.step("update rds/instance.a")?.needs == [Step.ID(.update, "rds/instance.b")])
    #expect(plan.disruption == .restart)
    #expect(plan.changes.first { $0.address == "rds/instance.a" }?.attributes.first?.timing == "now")
  }

  @Test("updates that nobody notices are made all at once")
  func quietUpdates() async throws {
    let orders = Orders()
    try await orders.build()
    let graph = orders.graph { wishes in
      wishes["rds/instance.a"]?["tier"] = 3
      wishes["rds/instance.b"]?["tier"] = 4
    }
    #expect(try await orders.decide(graph).plan.steps.allSatisfy { $0.needs.isEmpty })
  }

  @Test("an output that a resource does not publish is nothing to compare with, and no reason to act for ever")
  func withheld() async throws {
    let orders = Orders()
    let graph = orders.graph { $0["rds/cluster.main"]?["token"] = out("logs/group.pg", "secret") }
    let kinds = orders.kinds
    let full = Graph(
      stack: "orders", graph.sorted.filter { $0.address.kind != "rds/cluster" && $0.address.kind != "rds/instance" })
    try await orders.build(full)
    orders.cloud.put(
      .init(
        id: "cluster-x", key: "main", owner: .stack("orders", id: "rds/cluster.main"),
        attributes: [
          "subnets": .list(["ec2/subnet.a", "ec2/subnet.b"].map { .string(orders.id($0)!) }),
          "group": .string(orders.id("ec2/group.db")!), "version": "15.8", "backup": 1, "storage": "aurora",
        ]), "rds/cluster")
    let alone = Graph(stack: "orders", graph.sorted.filter { $0.address.kind != "rds/instance" })
    let decision = try Planner(kinds, account: "1", region: "r").converge(alone, await orders.observer.observe(alone))
    #expect(decision.plan.changes.first { $0.address == "rds/cluster.main" }?.attributes.map(\.name) == ["backup"])
    #expect(await orders.apply(decision).isSuccess)
    #expect(try await orders.decide(alone).plan.isEmpty)
  }

  @Test("an output that changes with an attribute of its name is not taken for what it was")
  func changingOutput() async throws {
    let orders = Orders()
    let kind = orders.renamed
    let planner = Planner([kind.bound(to: orders.cloud)], account: "1", region: "r")
    let graph = { (name: Value) in
      Graph(
        stack: "orders",
        [kind.desired("a", ["id": name]), kind.desired("b", ["id": out("test/named.a")])])
    }
    let live = { (address: String, id: Value) in
      Observation(
        id: address, key: nil, owner: .stack("orders", id: address), values: [id], outputs: ["id": id], health: .ready,
        opaque: "")
    }
    let world = World(observations: ["test/named": [live("test/named.a", "old"), live("test/named.b", "old")]])
    #expect(try planner.converge(graph("old"), world).plan.isEmpty)
    #expect(try planner.converge(graph("new"), world).plan.stepNames == ["update test/named.a", "update test/named.b"])
  }

  // MARK: Replacing

  @Test("a replacement that goes beside the old one: make, point to it, delete")
  func createThenDelete() async throws {
    let orders = Orders()
    try await orders.build()
    let graph = orders.graph { $0["ec2/group.db"]?["purpose"] = "postgres" }
    let decision = try await orders.decide(graph)
    #expect(
      decision.plan.stepNames == ["create ec2/group.db", "update rds/cluster.main", "delete ec2/group.db"])
    #expect(decision.plan.step("update rds/cluster.main")?.needs == [Step.ID(.create, "ec2/group.db")])
    let cluster = try #require(decision.plan.changes.first { $0.address == "rds/cluster.main" })
    #expect(cluster.attributes.first?.new == out("ec2/group.db"))
    #expect(cluster.reasons == [.differs, .dependencyReplaced("ec2/group.db")])
    let verdict = await orders.apply(decision)
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(try await orders.decide(graph).plan.isEmpty)
    #expect(orders.cloud.count == 8)
  }

  @Test("law 4: a replacement that was cut short between its halves is brought to its end")
  func halfReplaced() async throws {
    for call in 1...40 {
      let orders = Orders()
      try await orders.build()
      let graph = orders.graph { $0["ec2/group.db"]?["purpose"] = "postgres" }
      let decision = try await orders.decide(graph)
      orders.cloud.forgetCalls()
      orders.cloud.change { state in
        state.fault = { _, number in
          number < call ? nil : .fail(CallError(.cancelled, code: "Dead", message: "killed"))
        }
      }
      await orders.apply(decision)
      orders.cloud.change { $0.fault = nil }
      let verdict = await orders.apply(try await orders.decide(graph))
      #expect(verdict.isSuccess, "killed at call \(call): \(verdict.diagnostics)")
      #expect(orders.cloud.count == 8, "killed at call \(call)")
      #expect(try await orders.decide(graph).plan.isEmpty, "killed at call \(call)")
    }
  }

  @Test("a replacement that must come down first takes its dependants down first")
  func deleteThenCreate() async throws {
    let orders = Orders()
    let graph = Graph(
      stack: "orders",
      [
        orders.vpc.desired("main", ["cidr": "10.0.0.0/16"]),
        orders.subnet.desired("a", ["vpc": out("ec2/vpc.main"), "zone": "us-east-1a"]),
        orders.group.desired("db", ["vpc": out("ec2/vpc.main"), "purpose": out("ec2/subnet.a")]),
      ])
    try await orders.build(graph)
    let moved = Graph(
      stack: "orders",
      [
        orders.vpc.desired("main", ["cidr": "10.0.0.0/16"]),
        orders.subnet.desired("a", ["vpc": out("ec2/vpc.main"), "zone": "us-east-1c"]),
        orders.group.desired("db", ["vpc": out("ec2/vpc.main"), "purpose": out("ec2/subnet.a")]),
      ])
    let decision = try await orders.decide(moved)
    #expect(
      decision.plan.stepNames == [
        "delete ec2/group.db", "delete ec2/subnet.a", "create ec2/subnet.a", "create ec2/group.db",
      ])
    #expect(await orders.apply(decision).isSuccess)
    #expect(try await orders.decide(moved).plan.isEmpty)
  }

  // MARK: Refusing

  @Test("law 11: a refusal names the rule, the value, what it cannot become, and the way out; exit 3")
  func refuse() async throws {
    let orders = Orders()
    try await orders.build()
    let stop = await orders.stop(orders.graph { $0["ec2/vpc.main"]?["cidr"] = "10.9.0.0/16" })
    #expect(stop?.exitCode == .refused)
    let diagnostic = try #require(stop?.diagnostics.all.first)
    #expect(diagnostic.rule == "plan.refused")
    #expect(
      diagnostic.message == "\"cidr\" of \"ec2/vpc.main\" (vpc-2) is \"10.0.0.0/16\" and cannot become \"10.9.0.0/16\""
        || diagnostic.message.contains("is \"10.0.0.0/16\" and cannot become \"10.9.0.0/16\""))
    #expect(diagnostic.hint == "build a second stack")
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("law 3: what holds data is never made anew")
  func holdsData() async throws {
    let orders = Orders()
    try await orders.build()
    let stop = await orders.stop(orders.graph { $0["rds/cluster.main"]?["storage"] = "aurora-iopt1" })
    #expect(stop?.exitCode == .refused)
    #expect(stop?.diagnostics.all.map(\.rule) == ["plan.replace-holds-data"])
  }

  @Test("law 3: what the rest of the stack cannot do without is not taken out of the spec")
  func stays() async throws {
    let orders = Orders()
    try await orders.build()
    orders.edit("rds/instance.a") { $0.stays = "it is the writer: switch over first" }
    let stop = await orders.stop(orders.graph { $0["rds/instance.a"] = nil })
    #expect(stop?.exitCode == .refused)
    let diagnostic = try #require(stop?.diagnostics.all.first)
    #expect(diagnostic.rule == "plan.stays")
    #expect(diagnostic.message.hasSuffix("cannot go: it is the writer: switch over first"))
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("law 3: replacing what the data stands on is refused for the data's sake")
  func belowData() async throws {
    let orders = Orders()
    try await orders.build()
    let stop = await orders.stop(orders.graph { $0["ec2/subnet.a"]?["zone"] = "us-east-1f" })
    #expect(stop?.exitCode == .refused)
    #expect(stop?.diagnostics.all.first?.message.contains("known after apply") == true)
    #expect(stop?.diagnostics.all.first?.address == "rds/cluster.main")
  }

  @Test(
    "law 3: no plan but a destroy deletes or replaces what holds data, whatever the spec becomes", arguments: 0..<200)
  func noDataDeath(seed: UInt64) async throws {
    var random = SplitMix64(seed: seed)
    let orders = Orders()
    try await orders.build()
    let graph = orders.graph { wishes in
      for address in wishes.keys.sorted() where Int.random(in: 0..<4, using: &random) == 0 { wishes[address] = nil }
      for (address, values) in wishes.sorted(by: { $0.key < $1.key }) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where Int.random(in: 0..<4, using: &random) == 0 {
          if case .string = value { wishes[address]?[name] = "other" }
        }
      }
    }
    guard let plan = try? await orders.decide(graph).plan else { return }
    for change in plan.changes where change.address.kind == "rds/cluster" {
      #expect(change.action == .noOp || change.action == .update || change.action == .create)
    }
    #expect(plan.step("delete rds/cluster.main") == nil)
  }

  @Test("law 3: the applier refuses to delete what holds data even when a plan says so")
  func applierKeepsData() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let destroy = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    let forged = Plan(
      stack: "orders", account: "1", region: "r", specDigest: "", sightings: [:], changes: [],
      steps: destroy.plan.steps.filter { $0.id.address.kind == "rds/cluster" }.map {
        Step(id: $0.id, needs: [], target: $0.target, deletion: Deletion())
      })
    let verdict = await orders.apply(
      Decision(plan: forged, graph: graph, desired: [:], live: destroy.live))
    #expect(!verdict.isSuccess)
    #expect(orders.cloud.writes.isEmpty)
  }

  // MARK: Targets

  @Test("targets take what they need with them, and nothing else")
  func targets() async throws {
    let orders = Orders()
    let plan = try await orders.decide(orders.graph(), targets: ["ec2/subnet.a"]).plan
    #expect(plan.stepNames == ["create ec2/vpc.main", "create ec2/subnet.a"])
    #expect(plan.targets == ["ec2/subnet.a"])
  }

  @Test("a target that is nowhere is refused with a suggestion")
  func unknownTarget() async {
    let orders = Orders()
    do throws(Stop) {
      _ = try await orders.decide(orders.graph(), targets: ["ec2/vpcs.main"])
      Issue.record("planned")
    } catch {
      #expect(error.exitCode == .invalid)
      #expect(error.diagnostics.all.first?.hint?.hasPrefix("did you mean \"") == true)
    }
  }

  // MARK: Notes

  @Test("law 5: AWS's own moves are notes and no actions")
  func ownMoves() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let before = try await orders.decide(graph).plan.digest
    orders.edit("rds/cluster.main") { thing in
      thing.attributes["version"] = "15.10"
      thing.attributes["window"] = "sun:05:00-sun:06:00"
      thing.attributes["subnets"] = .list(thing.attributes["subnets"]!.items!.reversed())
    }
    orders.edit("ec2/vpc.main") {
      $0.attributes["tags"] = .map($0.attributes["tags"]!.members!.merging(["aws:x": "y"]) { a, _ in a })
    }
    let plan = try await orders.decide(graph).plan
    #expect(plan.isEmpty)
    #expect(plan.notes.map(\.rule) == ["plan.version-ahead"])
    #expect(plan.digest == before, "a saved plan outlives them")
  }

  @Test("a listing that fails is named with its kind and call, all of them, and nothing is planned")
  func failedListings() async {
    let orders = Orders()
    orders.cloud.change { state in
      state.fault = { call, _ in
        switch call.kind {
        case "rds/cluster":
          .fail(CallError(.denied, code: "AccessDenied", message: "no", operation: "rds DescribeDBClusters"))
        case "ec2/vpc": .fail(CallError(.unavailable, code: "InternalError", message: "sorry"))
        default: nil
        }
      }
    }
    let stop = await orders.stop(orders.graph())
    #expect(stop?.exitCode == .denied)
    #expect(
      stop?.diagnostics.all.map(\.message) == [
        "cannot list \"ec2/vpc\": InternalError: sorry",
        "cannot list \"rds/cluster\": rds DescribeDBClusters: AccessDenied: no",
      ])
  }
}

/// Each step comes after all that it needs.
func expectInOrder(_ steps: [Step], location: SourceLocation = #_sourceLocation) {
  var seen: Set<Step.ID> = []
  for step in steps {
    #expect(step.needs.isSubset(of: seen), "\(step.id) comes too early", sourceLocation: location)
    seen.insert(step.id)
  }
}

extension Plan {
  var stepNames: [String] { steps.map(\.id.description) }
  func step(_ name: String) -> Step? { steps.first { $0.id.description == name } }
}

extension Orders {
  /// Why a graph is not planned; nil when it is.
  func stop(_ graph: Graph) async -> Stop? {
    do throws(Stop) {
      _ = try await decide(graph)
      return nil
    } catch {
      return error
    }
  }

  func id(_ address: Address) -> String? {
    cloud.things(address.kind).first { $0.owner == .stack("orders", id: address.description) }?.id
  }

  func edit(_ address: Address, _ body: (inout FakeCloud.Thing) -> Void) {
    if let id = id(address) { cloud.edit(address.kind, id, body) }
  }

  func remove(_ address: Address) {
    let id = id(address)
    cloud.change { $0.things[address.kind]?.removeAll { $0.id == id } }
  }
}
