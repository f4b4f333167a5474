// SPDX-License-Identifier: Apache-2.0

package import Core

/// What stands between a live resource and its spec.
package struct Difference: Sendable, Hashable {
  /// In the order of the kind's attribute table; secrets are sealed.
  package let attributes: [AttributeChange]
  /// Differences that AWS has accepted and will make by itself: attribute name → when. No action is needed.
  package let pending: [String: String]
  /// Of `attributes`, those that AWS has accepted and not made yet, in a moment or in the maintenance window: what is sent
  /// again is made now, what was sent a moment ago is on its way.
  package let queued: Set<String>
  /// Differences that something of the stack makes on purpose: attribute name → why. They are left as they are.
  package let held: [String: String]
  /// Versions that are ahead of the spec's: AWS's own move.
  package let ahead: [AttributeChange]
  /// What of the live resource this was decided from.
  package let sighting: Sighting

  package var isEmpty: Bool { attributes.isEmpty }
  package var names: Set<String> { Set(attributes.map(\.name)) }

  /// The most that users notice at once; what waits for a restart is not noticed yet.
  package var disruption: Disruption {
    attributes.filter { $0.timing != AttributeChange.atNextRestart }.map(\.disruption).max() ?? .none
  }

  /// The order of a replacement, when one is needed: the old one must go first if any attribute says so.
  package var replacement: ReplaceOrder? {
    var order: ReplaceOrder?
    for attribute in attributes {
      guard case .replace(let wanted) = attribute.mutability else { continue }
      order = order == .deleteThenCreate ? order : wanted
    }
    return order
  }
}

extension AttributeChange {
  package static let atNextRestart = "at the next restart"

  init(_ schema: AttributeSchema, at address: Address, old: Value, new: Value) {
    let isSensitive = schema.traits.contains(.sensitive)
    let disruption: Disruption =
      switch schema.mutability {
      case .inPlace(let disruption): schema.onlyAdds(from: old, to: new) ? .none : disruption
      case .replace, .refuse: .outage
      }
    self.init(
      name: schema.name, old: isSensitive ? Seal.seal(old, at: address, schema.name) : old,
      new: isSensitive ? Seal.seal(new, at: address, schema.name) : new, mutability: schema.mutability,
      disruption: disruption, timing: Self.timing(schema.traits, disruption))
  }

  private static func timing(_ traits: Traits, _ disruption: Disruption) -> String? {
    if traits.contains(.atNextRestart) { return atNextRestart }
    if traits.contains(.partlyAtNextRestart) { return "dynamic ones now, static ones \(atNextRestart)" }
    return disruption == .none ? nil : "now"
  }
}

/// Compares what is wanted with what is there, attribute by attribute.
///
/// A desired value that is still unknown differs: it is unknown because what it names is about to be made.
///
/// - Parameter isWithheld: whether a resource that exists and stays does not publish that output (the secret of a cluster
///   that manages none): then there is nothing to compare with.
package func difference(
  _ kind: Kind, _ desired: DesiredResource, _ observed: Observation, isWithheld: (OutputID) -> Bool = { _ in false }
) -> Difference {
  var attributes: [AttributeChange] = []
  var pending: [String: String] = [:]
  var queued: Set<String> = []
  var held: [String: String] = [:]
  var ahead: [AttributeChange] = []
  var seen: [String: Value] = [:]
  for (index, schema) in kind.schema.enumerated() {
    let wanted = desired.values[index]
    guard !schema.traits.contains(.writeOnly), !observed.hidden.contains(schema.name) else { continue }
    guard !(schema.traits.contains(.serverDefaulted) && wanted == .null) else { continue }
    guard !wanted.unknowns.contains(where: isWithheld) else { continue }
    let live = observed.values[index]
    let pair = schema.mismatch(desired: wanted, observed: live)
    let change = pair.map {
      AttributeChange(schema.forFirstValue(live), at: desired.address, old: $0.old, new: $0.new)
    }
    seen[schema.name] = schema.sighting(desired: wanted, observed: live, change, at: desired.address)
    guard let change else { continue }
    if schema.isAhead(observed: live, of: wanted) {
      ahead.append(change)
      seen[schema.name] = schema.sighting(desired: wanted, observed: live, nil, at: desired.address)
    } else if let why = observed.held[schema.name] {
      held[schema.name] = why
      seen[schema.name] = schema.sighting(desired: wanted, observed: live, nil, at: desired.address)
    } else if let when = observed.pending[schema.name], !schema.isSentAgain {
      pending[schema.name] = when
      seen[schema.name] = schema.sighting(desired: wanted, observed: live, nil, at: desired.address)
    } else {
      attributes.append(change)
      if observed.pending[schema.name] != nil { queued.insert(schema.name) }
    }
  }
  // What waits although nothing differs, a restart for example, has a name of its own.
  let names = Set(kind.schema.map(\.name))
  pending.merge(observed.pending.filter { !names.contains($0.key) }) { attribute, _ in attribute }
  return Difference(
    attributes: attributes, pending: pending, queued: queued, held: held, ahead: ahead,
    sighting: Sighting(id: observed.id, attributes: seen))
}

extension AttributeSchema {
  /// Whether nothing is taken away, and what comes is not noticed.
  fileprivate func onlyAdds(from old: Value, to new: Value) -> Bool {
    guard traits.contains(.additionsUnnoticed), case .list(let before) = old, case .list(let after) = new else {
      return false
    }
    return Set(before).isSubset(of: after)
  }

  fileprivate func mismatch(desired: Value, observed: Value) -> (old: Value, new: Value)? {
    guard desired.unknowns.isEmpty else { return (observed, desired) }
    if let (live, wanted) = versions(observed: observed, desired: desired), live == wanted { return nil }
    return equality.mismatch(desired: desired, observed: observed)
  }

  /// What AWS fixes once it has a value may still be given its first.
  fileprivate func forFirstValue(_ live: Value) -> AttributeSchema {
    guard traits.contains(.setOnce), live == .null || live == .bool(false) else { return self }
    return AttributeSchema(name: name, mutability: .inPlace(), equality: equality, traits: traits)
  }

  /// Whether a change that AWS has only queued can be had now; what needs a restart waits for one.
  fileprivate var isSentAgain: Bool {
    guard case .inPlace = mutability else { return false }
    return !traits.contains(.atNextRestart)
  }

  fileprivate func isAhead(observed: Value, of desired: Value) -> Bool {
    guard let (live, wanted) = versions(observed: observed, desired: desired) else { return false }
    return live > wanted
  }

  /// nil unless the attribute is a version that only goes forwards.
  private func versions(observed: Value, desired: Value) -> (live: DottedVersion, wanted: DottedVersion)? {
    guard traits.contains(.neverBackwards), case .string(let live) = observed, case .string(let wanted) = desired,
      let liveVersion = DottedVersion(live), let wantedVersion = DottedVersion(wanted)
    else { return nil }
    return (liveVersion, wantedVersion)
  }

  /// The desired value where it is met, so that another spelling of the same is no other sighting.
  fileprivate func sighting(
    desired: Value, observed: Value, _ change: AttributeChange?, at address: Address
  ) -> Value {
    let value = change == nil ? equality.canonical(desired) : equality.canonical(change?.old ?? observed)
    return traits.contains(.sensitive) ? Seal.seal(value, at: address, name) : value
  }
}
