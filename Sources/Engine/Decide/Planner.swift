// SPDX-License-Identifier: Apache-2.0

package import Core

/// Decides what to do. Pure: the same graph and the same world give the same plan.
package struct Planner: Sendable {
  let kinds: [KindName: Kind]
  let account: String
  let region: String

  package init(_ kinds: [Kind], account: String, region: String) {
    self.kinds = Dictionary(kinds.map { ($0.name, $0) }) { first, _ in first }
    self.account = account
    self.region = region
  }

  /// - Parameter purpose: what the plan is for; of a saved plan, what it was for.
  package func decide(
    _ graph: Graph, _ world: World, for purpose: Plan.Purpose, targets: Set<Address> = []
  ) throws(Stop) -> Decision {
    switch purpose {
    case .converge: try converge(graph, world, targets: targets)
    case .destroy(let policy): try destroy(graph, world, policy)
    }
  }

  /// What it takes to make the world as the graph says.
  package func converge(_ graph: Graph, _ world: World, targets: Set<Address> = []) throws(Stop) -> Decision {
    let order = try graph.order(kinds)
    if let stop = world.stop { throw stop }
    let matching = Matching(graph, in: order, world, kinds)
    let scope = try Scope(targets, graph, orphans: Set(matching.orphans.keys))
    let unowned = matching.problems + matching.disowned.map { .disowned($0, stack: graph.stack) }
    // Nothing is said of what stands on something that may not be ours: it would only be what follows from that.
    let unclear = graph.closure(of: Set(unowned.compactMap(\.address)), in: order)
    var drafts = Drafts(kinds: kinds, graph: graph)
    for address in order where scope.contains(address) && !unclear.contains(address) {
      drafts.decide(address, live: matching.live[address])
    }
    for (address, orphan) in matching.orphans.sorted(by: { $0.key < $1.key }) where scope.contains(address) {
      drafts.prune(address, orphan)
    }
    let problems = unowned.filter { $0.address.map(scope.contains) ?? true } + drafts.refusals
    guard problems.isEmpty else {
      let codes = problems.map { $0.rule.hasPrefix("ownership.") ? ExitCode.ownership : .refused }
      throw Stop(.first(of: codes), problems)
    }
    let live = drafts.all.compactMapValues(\.live)
    let lost = drafts.all.values.map(\.change).filter { isLost($0, live: live) }.sorted { $0.address < $1.address }
    let ordering = StepOrdering(drafts.all.values.map(\.sketch), graph: graph, kinds: kinds)
    let plan = Plan(
      stack: graph.stack, account: account, region: region, targets: targets, specDigest: graph.digest(kinds),
      sightings: drafts.all.compactMapValues(\.sighting),
      changes: drafts.all.values.map(\.change).sorted { $0.address < $1.address },
      steps: try ordering.steps(),
      notes: matching.notes + drafts.notes + lost.map { .lost($0.address, origin: $0.origin) })
    return Decision(
      plan: plan, graph: graph, desired: drafts.all.compactMapValues(\.desired), live: live,
      lost: Set(lost.map(\.address)))
  }

  /// Whether it holds data and would be made empty in a stack that is there: it is gone, or was never finished.
  private func isLost(_ change: ResourceChange, live: [Address: Observation]) -> Bool {
    change.action == .create && kinds[change.address.kind]?.holdsData == true && !live.isEmpty
  }
}

/// The part of the graph that a plan is about.
struct Scope: Sendable {
  /// nil for everything.
  private let addresses: Set<Address>?

  /// - Throws: when a target is nowhere to be found.
  init(_ targets: Set<Address>, _ graph: Graph, orphans: Set<Address>) throws(Stop) {
    guard !targets.isEmpty else {
      addresses = nil
      return
    }
    let known = Set(graph.resources.keys).union(orphans)
    let names = known.sorted().map(\.description)
    let unknown = targets.subtracting(known).sorted()
    guard unknown.isEmpty else {
      throw Stop(
        .invalid,
        unknown.map { target in
          .unknownTarget(target, suggestion: Spelling.nearest(to: target.description, among: names))
        })
    }
    var reached = targets
    var open = Array(targets)
    while let address = open.popLast() {
      for needed in graph.resources[address]?.needs ?? [] where reached.insert(needed).inserted { open.append(needed) }
    }
    addresses = reached
  }

  func contains(_ address: Address) -> Bool { addresses?.contains(address) ?? true }
}
