// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Which of the live resources of a kind is the one that an address means.
enum Candidate: Sendable {
  case none
  case one(Observation)
  /// Something that is not ours stands in its place.
  case foreign(Observation)
  /// More than one claims to be it.
  case several([Observation])

  /// - Parameter ignoring: ids that are spoken for, such as the old one of a resource that is being made anew.
  init(
    for desired: DesiredResource, of kind: Kind, among observations: [Observation], stack: String,
    ignoring: Set<String> = []
  ) {
    let observations = observations.filter { !ignoring.contains($0.id) }
    let sameKey = observations.filter { $0.key != nil && $0.key == desired.key }
    let claimants: [Observation] =
      switch kind.identity {
      case .name, .parent: sameKey.filter { $0.isOwned(by: stack) }
      case .tag:
        observations.filter { $0.owner == .stack(stack, id: desired.address.description) }.nonEmpty
          ?? sameKey.filter { $0.owner == .stack(stack, id: nil) }
      }
    // What is on its way out stands for the address only as long as nothing has taken its place.
    let staying = claimants.filter { !$0.health.isLeaving }.nonEmpty ?? Array(claimants.prefix(1))
    if staying.count > 1 {
      self = .several(staying)
    } else if let claimant = staying.first {
      self = .one(claimant)
    } else if let claimant = claimants.first {
      self = .one(claimant)
    } else if let other = sameKey.first(where: { !$0.isOwned(by: stack) }) {
      self = .foreign(other)
    } else {
      self = .none
    }
  }
}

extension Observation {
  /// Tagged as the stack's, or below something that is.
  func isOwned(by stack: String) -> Bool {
    switch owner {
    case .stack(let owner, id: _): owner == stack
    case .parent: true
    case .nobody: false
    }
  }
}

extension Array {
  fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
