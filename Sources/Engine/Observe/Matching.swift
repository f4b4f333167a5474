// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Who is who: every live resource of the stack and the address that it belongs to.
struct Matching: Sendable {
  /// What is there of what the spec wants.
  private(set) var live: [Address: Observation] = [:]
  /// Ours, and not in the spec.
  private(set) var orphans: [Address: Observation] = [:]
  /// Live resources that stand in our way, or of which it is not clear which one is ours.
  private(set) var problems: [Diagnostic] = []
  /// Live resources that were ours by all that we know, and are not tagged so.
  private(set) var disowned: [Disowned] = []
  private(set) var notes: [Diagnostic] = []

  private let stack: String
  /// Live resources that need no further thought.
  private var settled: Set<Place> = []

  private struct Place: Hashable {
    let kind: KindName
    let id: String
  }

  /// - Parameter order: the graph's addresses, each after what it needs: a key may depend on the outputs of another resource.
  init(_ graph: Graph, in order: [Address], _ world: World, _ kinds: [KindName: Kind]) {
    stack = graph.stack
    var outputs: [OutputID: Value] = [:]
    for address in order {
      guard let resource = graph.resources[address], let kind = kinds[address.kind] else { continue }
      match(kind.resolve(resource, outputs), kind, world.observations[kind.name] ?? [])
      guard let observation = live[address] else { continue }
      for (name, value) in observation.outputs { outputs[OutputID(address, name)] = value }
    }
    for found in Disowned.all(in: graph, live: live, world, kinds) {
      guard let kind = kinds[found.desired.address.kind], !isSettled(found.observation, kind) else { continue }
      disowned.append(found)
    }
    for (name, observations) in world.observations.sorted(by: { $0.key < $1.key }) {
      guard let kind = kinds[name] else { continue }
      for observation in observations.sorted(by: { $0.id < $1.id }) where !isSettled(observation, kind) {
        sort(observation, of: kind, graph)
      }
    }
  }

  private mutating func match(_ desired: DesiredResource, _ kind: Kind, _ observations: [Observation]) {
    switch Candidate(for: desired, of: kind, among: observations, stack: stack) {
    case .none: break
    case .one(let observation):
      live[desired.address] = observation
      settle(observation, kind)
    case .foreign(let observation):
      problems.append(.foreign(desired, observation, stack: stack))
      settle(observation, kind)
    case .several(let claimants):
      for claimant in claimants { settle(claimant, kind) }
      guard let heir = Self.heir(of: desired, kind, claimants) else {
        problems.append(.twoCandidates(desired.address, claimants, origin: desired.origin))
        return
      }
      live[desired.address] = heir
      for claimant in claimants where claimant.id != heir.id { addOrphan(claimant, at: desired.address, taken: true) }
    }
  }

  /// A run that ended between the two halves of a create-then-delete leaves two: the one that is as desired stays.
  private static func heir(of desired: DesiredResource, _ kind: Kind, _ claimants: [Observation]) -> Observation? {
    guard kind.schema.contains(where: { $0.mutability == .replace(.createThenDelete) }), !kind.holdsData else {
      return nil
    }
    let fitting = claimants.filter { difference(kind, desired, $0).replacement == nil }
    return fitting.count == 1 ? fitting.first : nil
  }

  /// Decides about what no address of the graph has claimed.
  private mutating func sort(_ observation: Observation, of kind: Kind, _ graph: Graph) {
    switch observation.owner {
    case .nobody: return
    case .stack(let owner, id: _) where owner != stack: return
    case .parent:
      addOrphan(observation, at: Address(kind.name, observation.key ?? observation.id), taken: false)
    case .stack(_, let id):
      // A copy that AWS made carries its original's tags, whatever kind that was.
      guard let id, let address = Address(parsing: id), address.kind == kind.name else {
        notes.append(.taggedWithoutID(kind.name, observation))
        return
      }
      let taken = graph.resources[address] != nil
      if taken, kind.holdsData {
        notes.append(.copyKept(address, observation))
      } else if !(taken && observation.health.isLeaving) {
        addOrphan(observation, at: address, taken: taken)
      }
    }
  }

  private mutating func addOrphan(_ observation: Observation, at address: Address, taken: Bool) {
    let isFree = !taken && orphans[address] == nil
    orphans[isFree ? address : Address(address.kind, "\(address.name)~\(observation.id)")] = observation
  }

  private mutating func settle(_ observation: Observation, _ kind: Kind) {
    settled.insert(Place(kind: kind.name, id: observation.id))
  }

  private func isSettled(_ observation: Observation, _ kind: Kind) -> Bool {
    settled.contains(Place(kind: kind.name, id: observation.id))
  }
}
