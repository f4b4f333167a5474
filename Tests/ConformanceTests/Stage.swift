// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Core
import Engine
import Logging
import ResourceKit
import Resources
import Testing

/// A stack in an account of its own, and what a test does with it.
struct Stage: Sendable {
  let stack = "sample"
  let account: String
  let sandbox: Sandbox
  let kinds: [Kind]
  private let planner: Planner
  private let met = Met()

  static let region = "us-east-1"

  /// - Parameter others: kinds to look at besides those of the resources that the test desires.
  init(lookingAt others: KindName...) async throws {
    sandbox = try Sandbox.shared.get()
    account = sandbox.newAccount()
    var parts = Caller.Parts(
      transport: sandbox.transport,
      credentials: StaticCredentials(
        Credentials(accessKeyID: "AKIA\(account)", secretAccessKey: "sandbox-secret-\(account)")),
      endpoints: try EndpointResolver(
        region: Self.region, overrides: EndpointOverrides(common: sandbox.endpoint)),
      logger: Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() })
    parts.time = .hasty
    kinds = Registry.kinds(AWS(region: Self.region, partition: "aws", caller: Caller(parts)))
    planner = Planner(kinds, account: account, region: Self.region)
    met.kinds(with: others, in: kinds)
    // A read of something on its way moves it on, so that nothing waits for real.
    try await control("clock", ["auto": true])
  }

  /// Owner tags and one more, as a blueprint gives them.
  func tags(_ kind: KindName, _ name: String, team: String = "dbre") -> [String: String] {
    OwnerTag.tags(stack: stack, address: Address(kind, name), ["team": team])
  }

  func graph(_ resources: [DesiredResource]) -> Graph { Graph(stack: stack, resources) }

  // MARK: The engine

  func plan(_ resources: [DesiredResource]) async throws -> Decision {
    let graph = graph(resources)
    return try planner.converge(graph, await look(for: graph))
  }

  func planDestroy(_ resources: [DesiredResource]) async throws -> Decision {
    let graph = graph(resources)
    return try planner.destroy(graph, await look(for: graph), .discard)
  }

  /// Looks at the kinds that this stage has had resources of: of the others there is nothing in its account. That all
  /// kinds are looked at together is the whole program's test, in `Tests/EndToEnd`.
  private func look(for graph: Graph) async -> World {
    let relevant = met.kinds(with: graph.resources.keys.map(\.kind), in: kinds)
    return await Observer(kinds.filter { relevant.contains($0.name) }).observe(graph)
  }

  func apply(_ decision: Decision) async -> Verdict {
    await Applier(kinds, clock: HastyClock(), seed: 1).apply(decision, cancellation: Cancellation()) { _ in }
  }

  /// Plans and applies, as often as failures that may pass ask for it.
  ///
  /// - Returns: the plan that was carried out last.
  @discardableResult
  func converge(_ resources: [DesiredResource], runs: Int = 1) async throws -> Plan {
    for _ in 1..<runs {
      if await apply(try await plan(resources)).isSuccess { break }
    }
    let decision = try await plan(resources)
    let verdict = await apply(decision)
    guard verdict.isSuccess else { throw RunFailed(verdict: verdict) }
    return decision.plan
  }

  func destroy(_ resources: [DesiredResource]) async throws {
    let verdict = await apply(try await planDestroy(resources))
    guard verdict.isSuccess else { throw RunFailed(verdict: verdict) }
  }

  /// What is there of one kind.
  func observe(_ name: KindName, _ resources: [DesiredResource]) async throws -> [Observation] {
    let world = await look(for: graph(resources))
    if let stop = world.stop { throw stop }
    return world.observations[name] ?? []
  }

  /// A resource of a kind that needs no parent to be found.
  func live(_ name: KindName, _ logical: String = "main") async throws -> Observation {
    let owner = Owner.stack(stack, id: Address(name, logical).description)
    return try #require(try await kind(name).observe(Lookup(stack: stack, desired: [])).first { $0.owner == owner })
  }

  func kind(_ name: KindName) throws -> Kind {
    try #require(kinds.first { $0.name == name })
  }

  // MARK: The sandbox

  @discardableResult
  func control(_ path: String, _ body: JSON? = nil) async throws -> JSON {
    try await sandbox.control(path, account: account, body)
  }

  /// A change behind the stack's back.
  @discardableResult
  func edit(_ service: String, _ operation: String, _ params: JSON) async throws -> JSON {
    var body: JSONObject = ["service": .string(service), "operation": .string(operation), "params": params]
    if !["iam", "route53"].contains(service) { body["region"] = .string(Self.region) }
    return try await control("edit", .object(body))["result"] ?? .null
  }

  /// - Returns: the calls since `n`, in the order of their arrival.
  func calls(since n: Int = 0) async throws -> [Call] {
    let journal = try await control("journal?since=\(n)")
    return (journal["calls"]?.array ?? []).map(Call.init)
  }

  /// The number of the last call.
  func now() async throws -> Int {
    try await calls().last?.number ?? 0
  }

  /// Every live resource, kind first: `ec2/vpc vpc-1`.
  func resources() async throws -> Set<String> {
    Set(
      try await liveResources().map { resource in
        "\(resource["kind"]?.string ?? "?") \(resource["name"]?.string ?? resource["id"]?.string ?? "?")"
      })
  }

  /// How many live resources there are of each kind.
  func inventory() async throws -> [String: Int] {
    try await liveResources().reduce(into: [:]) { $0[$1["kind"]?.string ?? "?", default: 0] += 1 }
  }

  /// A key that waits for its deletion is as gone as AWS lets it be.
  private func liveResources() async throws -> [JSON] {
    let listed = try await control("inventory")["resources"]?.array ?? []
    return listed.filter { $0["status"]?.string != "PendingDeletion" }
  }

  /// Must be asked at the end of every test.
  func expectNoViolations(_ location: SourceLocation = #_sourceLocation) async throws {
    let violations = try await control("violations")["violations"]?.array ?? []
    #expect(violations.map { $0.text() } == [], sourceLocation: location)
  }
}

/// The kinds of which a stage has had resources, with those that are looked at before them.
private final class Met: Sendable {
  private let names = Guarded<Set<KindName>>([])

  @discardableResult
  func kinds(with new: [KindName], in all: [Kind]) -> Set<KindName> {
    let parents = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.parent) })
    return names.withLock { names in
      for name in new {
        var next: KindName? = name
        while let one = next, names.insert(one).inserted { next = parents[one].flatMap { $0 } }
      }
      return names
    }
  }
}

struct RunFailed: Error, CustomStringConvertible {
  let verdict: Verdict
  var description: String { verdict.diagnostics.all.map(\.message).joined(separator: "; ") }
}

/// One request in the sandbox's journal.
struct Call: Sendable, CustomStringConvertible {
  struct Name: Hashable {
    let service: String
    let operation: String
  }

  let number: Int
  let service: String
  let operation: String
  let params: String
  /// It was carried out.
  let hadEffect: Bool
  /// What the sandbox was told to do to it.
  let fault: String?

  init(_ json: JSON) {
    number = json["n"]?.int ?? 0
    service = json["service"]?.string ?? ""
    operation = json["operation"]?.string ?? ""
    params = json["params"]?.text() ?? ""
    hadEffect = json["effect"]?.bool ?? false
    fault = json["fault"]?.string
  }

  var name: Name { Name(service: service, operation: operation) }
  var description: String { "\(service) \(operation)" }

  var isWrite: Bool {
    !["Describe", "Get", "List", "Lookup", "Search"].contains { operation.hasPrefix($0) }
  }
}
