// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What keeps something of ours from being deleted and is not deleted with it.
struct Obstacle: Sendable {
  let address: Address
  let held: Observation
  let holders: [Observation]

  /// - Parameter going: what is to be deleted.
  static func all(to going: [Address: Observation], in world: World, _ kinds: [KindName: Kind]) -> [Obstacle] {
    let ids = Dictionary(grouping: going, by: \.key.kind).mapValues { Set($0.map(\.value.id)) }
    let holding = kinds.values.filter { $0.holdsParent != nil }
    return going.sorted { $0.key < $1.key }.compactMap { address, observation in
      let holders = holding.filter { $0.parent == address.kind }.flatMap { kind in
        (world.observations[kind.name] ?? []).filter { child in
          kind.parentID(of: child) == .string(observation.id) && !child.health.isLeaving
            && ids[kind.name]?.contains(child.id) != true
        }
      }
      return holders.isEmpty
        ? nil : Obstacle(address: address, held: observation, holders: holders.sorted { $0.id < $1.id })
    }
  }
}

extension Kind {
  /// As the attribute has it that names the parent.
  fileprivate func parentID(of child: Observation) -> Value? {
    schema.firstIndex { $0.name == holdsParent }.map { child.values[$0] }
  }
}

extension Diagnostic {
  static func inTheWay(_ obstacle: Obstacle, stack: String) -> Diagnostic {
    let shown = obstacle.holders.prefix(3).map(\.described).joined(separator: "; ")
    let others = obstacle.holders.count - 3
    return Diagnostic(
      .error, rule: "ownership.in-the-way",
      "\"\(obstacle.address)\" of stack \"\(stack)\" (\(obstacle.held.id)) cannot be deleted while it holds what "
        + "is not deleted with it: "
        + shown + (others > 0 ? "; and \(others) more" : ""),
      address: obstacle.address,
      hint: "delete that first, or move it elsewhere, then run destroy again", notes: ["nothing was changed"])
  }
}
