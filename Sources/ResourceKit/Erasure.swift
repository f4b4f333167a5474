// SPDX-License-Identifier: Apache-2.0

package import AWSClient
package import Core

// The only casts: a row made by a kind comes back to the same kind, because both are looked up by the kind's name; and what
// a kind says of a delete is nothing or a `Departure`.

extension DesiredResource {
  init<K: ResourceKind>(
    _ desired: K.Desired, of kind: K.Type, at address: Address, after: Set<Address>, origin: SourceSpan?
  ) {
    let values = K.attributes.map { $0.desired(desired) }
    let references = values.reduce(into: Set<OutputID>()) { $0.formUnion($1.unknowns) }
    self.init(
      address: address, key: K.key(for: desired), values: values,
      needs: after.union(references.map(\.address)), origin: origin, opaque: desired)
  }

  /// The kind's own wish.
  ///
  /// - Precondition: the resource is of that kind.
  package func typed<K: ResourceKind>(_ kind: K.Type) -> K.Desired {
    guard let desired = opaque as? K.Desired else {
      preconditionFailure("\(address) was not made by \(K.name)")
    }
    return desired
  }
}

extension Observation {
  init<K: ResourceKind>(_ observed: K.Observed, of kind: K.Type) {
    let facts = K.facts(observed)
    self.init(
      id: facts.id, key: facts.key, owner: facts.owner, values: K.attributes.map { $0.observed(observed) },
      outputs: Dictionary(uniqueKeysWithValues: K.outputs.map { ($0.name, $0.value(observed)) }),
      health: facts.health, pending: facts.pending, turn: facts.turn, stays: facts.stays,
      hidden: facts.hidden, held: facts.held, opaque: observed)
  }

  /// The kind's own observation, for kinds that read their parent's.
  package func typed<K: ResourceKind>(_ kind: K.Type) -> K.Observed {
    guard let observed = opaque as? K.Observed else {
      preconditionFailure("the observation \(id) was not made by \(K.name)")
    }
    return observed
  }
}

extension Kind {
  /// The kind as the engine sees it, bound to a client.
  package init<K: ResourceKind>(_ kind: K.Type, _ aws: AWS) {
    self.init(
      name: K.name, identity: K.identity, schema: K.attributes.map(\.schema), holdsData: K.holdsData,
      oneAtATime: K.oneAtATime, parent: K.parent, holdsParent: Self.parentAttribute(of: K.self),
      follows: Set(K.follows), patience: K.patience,
      resolve: { resource, outputs in
        var desired = resource.typed(K.self)
        for attribute in K.attributes { attribute.resolve(&desired, outputs) }
        return DesiredResource(
          desired, of: K.self, at: resource.address, after: resource.needs, origin: resource.origin)
      },
      excludes: { K.excludes($0.typed(K.self), $1.typed(K.self)) },
      observe: { (lookup) async throws(CallError) in
        let focus = lookup.focus.map { focus in
          Query<K>.Focus(
            address: focus.address, id: focus.id,
            desired: lookup.desired.first { $0.address == focus.address }?.typed(K.self))
        }
        let query = Query<K>(
          stack: lookup.stack, desired: lookup.desired.map { $0.typed(K.self) }, parents: lookup.parents, focus: focus,
          look: lookup.look)
        return try await K.observe(query, aws).map { Observation($0, of: K.self) }
      },
      create: { (resource, gone) async throws(CallError) in
        try await K.create(resource.typed(K.self), after: gone, aws)
      },
      update: { (observation, resource, names) async throws(CallError) in
        try await K.update(observation.typed(K.self), to: resource.typed(K.self), Changes(names), aws)
      },
      delete: { (observation, deletion) async throws(CallError) in
        Departure(try await K.delete(observation.typed(K.self), deletion, aws), of: K.self)
      })
  }

  private static func parentAttribute<K: ResourceKind>(of kind: K.Type) -> String? {
    guard let path = K.holdsParent else { return nil }
    guard K.parent != nil, let attribute = K.attributes.first(where: { $0.path == path }) else {
      preconditionFailure("\(K.name) has no attribute that could name its parent")
    }
    return attribute.schema.name
  }
}

extension Departure {
  fileprivate init<K: ResourceKind>(_ ending: K.Ending, of kind: K.Type) {
    if let departure = ending as? Departure {
      self = departure
    } else {
      precondition(K.Ending.self == Void.self, "delete of \(K.name) returns neither nothing nor a Departure")
      self = .gone
    }
  }
}
