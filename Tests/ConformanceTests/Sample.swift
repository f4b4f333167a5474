// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit

/// A kind that the suite can try. Every kind of the registry must be one.
protocol Sampled: ResourceKind {
  /// - Parameter stage: names the stack that the sample is part of.
  static func sample(in stage: Stage) -> Sample
}

/// One resource of a kind with all that it needs, and another value for each of its attributes.
struct Sample: Sendable {
  let desired: DesiredResource
  let schema: [AttributeSchema]
  /// What must be there first, in any order.
  let needs: [DesiredResource]
  /// What a whole spec would have too, and may depend on the sample.
  let beside: [DesiredResource]
  /// Attribute → the same resource, with another value of that attribute alone.
  let others: [String: DesiredResource]
  /// Attributes without another value → why.
  let untried: [String: String]
  /// Changes that others could make and that no spec can ask for.
  let drifts: [Drift]
  /// Names of what AWS makes because of the sample and keeps for other uses: it may be left when all is deleted.
  let leaves: Set<String>
  /// Plain texts of secrets in the sample: none may be seen anywhere.
  let secrets: [String]

  init<K: ResourceKind>(
    _ node: Node<K>, needs: [DesiredResource] = [], beside: [DesiredResource] = [], others: [Other<K>],
    untried: [String: String] = [:], drifts: [Drift] = [], leaves: Set<String> = [],
    secrets: [String] = []
  ) {
    let desired = node.resource()
    self.desired = desired
    schema = K.attributes.map(\.schema)
    self.needs = needs
    self.beside = beside
    self.untried = untried
    self.leaves = leaves
    self.drifts = drifts
    self.secrets = secrets
    self.others = others.reduce(into: [:]) { found, other in
      var changed = node.desired
      other.apply(&changed)
      let resource = Node<K>(node.address.name, changed).resource()
      let differing = zip(K.attributes, zip(desired.values, resource.values)).filter { $0.1.0 != $0.1.1 }
      guard differing.count == 1, let attribute = differing.first?.0.schema.name, found[attribute] == nil else {
        preconditionFailure("an other value of \(K.name) must change one attribute, each attribute once")
      }
      found[attribute] = resource
    }
  }
}

/// Another value of one attribute.
struct Other<K: ResourceKind>: Sendable {
  let apply: @Sendable (inout K.Desired) -> Void

  static func other<T: AttributeValue>(_ path: any WritableKeyPath<K.Desired, T> & Sendable, _ value: T) -> Self {
    Self { $0[keyPath: path] = value }
  }

  static func other<T: AttributeValue>(
    _ path: any WritableKeyPath<K.Desired, Input<T>> & Sendable, given value: T
  ) -> Self {
    Self { $0[keyPath: path] = .given(value) }
  }
}

/// A change behind the stack's back.
struct Drift: Sendable, CustomStringConvertible {
  let description: String
  /// The attribute that a plan must name.
  let attribute: String
  /// Makes the change by the sandbox's own means, given the sample as it was last seen.
  let make: @Sendable (Stage, Observation) async throws -> Void

  init(
    _ description: String, changes attribute: String,
    _ make: @escaping @Sendable (Stage, Observation) async throws -> Void
  ) {
    self.description = description
    self.attribute = attribute
    self.make = make
  }
}
