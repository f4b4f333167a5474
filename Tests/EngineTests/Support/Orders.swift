// SPDX-License-Identifier: Apache-2.0

package import Core
import Engine

/// The stack of the tests: a network, a cluster that holds data, two instances and a log group, in a cloud of its own.
struct Orders {
  static let tags: [String: Value] = ["harecon:stack": "orders"]

  var vpc = FakeKind(
    name: "ec2/vpc",
    schema: [
      AttributeSchema(name: "cidr", mutability: .refuse(wayOut: "build a second stack")),
      AttributeSchema(name: "dns", mutability: .inPlace()),
      AttributeSchema(name: "tags", mutability: .inPlace(), equality: .tags),
    ], busyFor: 1)
  var subnet = FakeKind(
    name: "ec2/subnet",
    schema: [
      AttributeSchema(name: "vpc", mutability: .replace()),
      AttributeSchema(name: "zone", mutability: .replace()),
    ], follows: ["ec2/vpc"], hiddenFor: 2)
  var group = FakeKind(
    name: "ec2/group",
    schema: [
      AttributeSchema(name: "vpc", mutability: .replace(.createThenDelete)),
      AttributeSchema(name: "purpose", mutability: .replace(.createThenDelete)),
      AttributeSchema(name: "ports", mutability: .inPlace(), equality: .unordered),
    ], follows: ["ec2/vpc"], leftOut: ["ports"])
  var logs = FakeKind(
    name: "logs/group", identity: .name, schema: [AttributeSchema(name: "retention", mutability: .inPlace())])
  var cluster = FakeKind(
    name: "rds/cluster", identity: .name,
    schema: [
      AttributeSchema(
        name: "subnets", mutability: .refuse(wayOut: "restore a snapshot into them"), equality: .unordered),
      AttributeSchema(name: "group", mutability: .inPlace(.connections)),
      AttributeSchema(name: "version", mutability: .inPlace(.outage), traits: .neverBackwards),
      AttributeSchema(name: "backup", mutability: .inPlace()),
      AttributeSchema(name: "window", mutability: .inPlace(), traits: .serverDefaulted),
      AttributeSchema(name: "password", mutability: .inPlace(), traits: [.sensitive, .writeOnly]),
      AttributeSchema(name: "token", mutability: .inPlace(), traits: .sensitive),
      AttributeSchema(name: "storage", mutability: .replace()),
    ], holdsData: true, follows: ["ec2/subnet", "ec2/group", "logs/group"], busyFor: 5, goneIn: 3)
  var instance = FakeKind(
    name: "rds/instance", identity: .name,
    schema: [
      AttributeSchema(name: "cluster", mutability: .replace()),
      AttributeSchema(name: "size", mutability: .inPlace(.restart)),
      AttributeSchema(name: "tier", mutability: .inPlace()),
    ], oneAtATime: true, follows: ["rds/cluster"], busyFor: 3, goneIn: 2)
  var record = FakeKind(
    name: "route53/record", identity: .parent, schema: [AttributeSchema(name: "value", mutability: .inPlace())])

  /// Publishes what it is told to be.
  var renamed = FakeKind(name: "test/named", schema: [AttributeSchema(name: "id", mutability: .inPlace())])

  let cloud = FakeCloud()
  let clock = TestClock()

  var fakes: [FakeKind] { [vpc, subnet, group, logs, cluster, instance, record] }
  var kinds: [Kind] { fakes.map { $0.bound(to: cloud) } }
  var planner: Planner { Planner(kinds, account: "111122223333", region: "us-east-1") }
  var observer: Observer { Observer(kinds) }

  func graph(_ change: (inout [String: [String: Value]]) -> Void = { _ in }) -> Graph {
    var wishes: [String: [String: Value]] = [
      "ec2/vpc.main": [
        "cidr": "10.0.0.0/16", "dns": true,
        "tags": ["harecon:stack": "orders", "team": "dbre", "harecon:keys": "team"],
      ],
      "ec2/subnet.a": ["vpc": out("ec2/vpc.main"), "zone": "us-east-1a"],
      "ec2/subnet.b": ["vpc": out("ec2/vpc.main"), "zone": "us-east-1b"],
      "ec2/group.db": ["vpc": out("ec2/vpc.main"), "purpose": "database", "ports": [5432, 443]],
      "logs/group.pg": ["retention": 30],
      "rds/cluster.main": [
        "subnets": .list([out("ec2/subnet.a"), out("ec2/subnet.b")]), "group": out("ec2/group.db"), "version": "15.8",
        "backup": 14, "password": "hunter2-planted", "token": "t0ken-planted", "storage": "aurora",
      ],
      "rds/instance.a": ["cluster": out("rds/cluster.main"), "size": "small", "tier": 0],
      "rds/instance.b": ["cluster": out("rds/cluster.main"), "size": "small", "tier": 1],
    ]
    change(&wishes)
    let kinds = Dictionary(uniqueKeysWithValues: fakes.map { ($0.name, $0) })
    return Graph(
      stack: "orders",
      wishes.compactMap { text, values in
        guard let address = Address(parsing: text), let kind = kinds[address.kind] else { return nil }
        let after: Set<Address> = address.kind == "rds/cluster" ? [Address("logs/group", "pg")] : []
        return kind.desired(address.name, values, after: wishes["logs/group.pg"] == nil ? [] : after)
      })
  }

  /// The same stack as a blueprint orders it: all of it waits for one resource with a unique name.
  var graphWithOneBeginning: Graph {
    let first = Address("logs/group", "pg")
    return Graph(
      stack: "orders",
      graph().sorted.map { resource in
        DesiredResource(
          address: resource.address, key: resource.key, values: resource.values,
          needs: resource.address == first ? [] : resource.needs.union([first]), origin: resource.origin,
          opaque: resource.opaque)
      })
  }

  func decide(_ graph: Graph, targets: Set<Address> = []) async throws(Stop) -> Decision {
    try planner.converge(graph, await observer.observe(graph), targets: targets)
  }

  func applier(limits: Limits = Limits()) -> Applier<TestClock> {
    Applier(kinds, clock: clock, limits: limits, seed: 1)
  }

  @discardableResult
  func apply(
    _ decision: Decision, cancellation: Cancellation = Cancellation(),
    report: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async -> Verdict {
    await applier().apply(decision, cancellation: cancellation, report: report)
  }

  /// Builds the whole stack and forgets the calls.
  @discardableResult
  func build(_ graph: Graph? = nil) async throws(Stop) -> Graph {
    let graph = graph ?? self.graph()
    await apply(try await decide(graph))
    cloud.forgetCalls()
    return graph
  }
}

func out(_ text: String, _ output: String = "id") -> Value {
  .unknown(OutputID(Address(parsing: text) ?? Address("?", text), output))
}

extension Value: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .int(value) }
  package init(arrayLiteral elements: Value...) { self = .list(elements) }
  package init(dictionaryLiteral elements: (String, Value)...) {
    self = .map(Dictionary(uniqueKeysWithValues: elements))
  }
}

extension Address: ExpressibleByStringLiteral {
  package init(stringLiteral value: String) {
    self = Address(parsing: value) ?? Address("?", value)
  }
}
