// SPDX-License-Identifier: Apache-2.0

/// What harecon intends for one resource.
package enum Action: Sendable, Hashable {
  case noOp
  case create
  case update
  case replace(ReplaceOrder)
  case delete
}

/// Why an action was chosen. Shown to people; never decides anything.
package enum Reason: Sendable, Hashable {
  case absent
  case differs
  case notInSpec
  case dependencyReplaced(Address)
  case destroy
  /// A difference that AWS has accepted and will make by itself.
  case pending(String)
}

/// One attribute's old and new value.
package struct AttributeChange: Sendable, Hashable {
  package let name: String
  /// `null` when there was nothing.
  package let old: Value
  package let new: Value
  package let mutability: Mutability
  package let disruption: Disruption
  /// When users notice: `now`, `at the next restart`, `in the maintenance window sun:05:00`.
  package let timing: String?

  package init(
    name: String, old: Value, new: Value, mutability: Mutability, disruption: Disruption, timing: String? = nil
  ) {
    self.name = name
    self.old = old
    self.new = new
    self.mutability = mutability
    self.disruption = disruption
    self.timing = timing
  }
}

package struct ResourceChange: Sendable, Hashable {
  package let address: Address
  package let action: Action
  package let attributes: [AttributeChange]
  package let reasons: [Reason]
  package let disruption: Disruption
  /// AWS's id of the live resource, when there is one.
  package let id: String?
  /// The place in the spec that asks for it.
  package let origin: SourceSpan?

  package init(
    address: Address, action: Action, attributes: [AttributeChange] = [], reasons: [Reason] = [],
    disruption: Disruption = .none, id: String? = nil, origin: SourceSpan? = nil
  ) {
    self.address = address
    self.action = action
    self.attributes = attributes
    self.reasons = reasons
    self.disruption = disruption
    self.id = id
    self.origin = origin
  }
}

/// One call-sized piece of work. A replace is two: its delete and its create.
package struct Step: Sendable, Hashable {
  package enum Verb: String, Sendable, Hashable, Comparable {
    case create
    case update
    case delete

    package static func < (a: Verb, b: Verb) -> Bool { a.rawValue < b.rawValue }
  }

  package struct ID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let verb: Verb
    package let address: Address

    package init(_ verb: Verb, _ address: Address) {
      self.verb = verb
      self.address = address
    }

    package var description: String { "\(verb.rawValue) \(address)" }

    package static func < (a: ID, b: ID) -> Bool { (a.address, a.verb) < (b.address, b.verb) }
  }

  package let id: ID
  package let needs: Set<ID>
  /// AWS's id of what is deleted or updated.
  package let target: String?
  /// What to do about data; set for deletes alone.
  package let deletion: Deletion?

  package init(id: ID, needs: Set<ID>, target: String? = nil, deletion: Deletion? = nil) {
    self.id = id
    self.needs = needs
    self.target = target
    self.deletion = deletion
  }
}

/// As much of an observation as a plan was decided from.
///
/// AWS's own moves (another order, an attribute the spec has no opinion of, a version that went ahead) leave it as it is.
package struct Sighting: Sendable, Hashable {
  /// AWS's id; nil for what is not there.
  package let id: String?
  /// The attributes that the spec has an opinion of: the desired value where it is met, the live one where not.
  package let attributes: [String: Value]

  package init(id: String?, attributes: [String: Value] = [:]) {
    self.id = id
    self.attributes = attributes
  }

  package static let absent = Sighting(id: nil)
}

/// Everything harecon intends to do, decided before anything is done.
package struct Plan: Sendable, Hashable {
  package enum Purpose: Sendable, Hashable {
    /// Make the world as the spec says.
    case converge
    /// Take down everything that the stack owns.
    case destroy(DataPolicy)
  }

  /// What becomes of the resources that hold data when a stack is destroyed.
  package enum DataPolicy: Sendable, Hashable {
    /// They stay, with everything that they need.
    case keep
    /// A last snapshot of each, whose name carries the stamp (`20261122t164500z`) so that it is like no other.
    case snapshot(stamp: String)
    case discard
  }

  package let stack: String
  package let account: String
  package let region: String
  package let purpose: Purpose
  /// The addresses that were asked for, with what they need; empty for all.
  package let targets: Set<Address>
  /// Digest of the desired graph. `apply` refuses a plan whose spec has changed.
  package let specDigest: String
  /// What the plan was decided from.
  package let sightings: [Address: Sighting]
  /// Every address, no-ops too, sorted.
  package let changes: [ResourceChange]
  /// In an order in which they could be carried out one by one.
  package let steps: [Step]
  /// Warnings and notes (a version that AWS moved ahead, pending restarts).
  package let notes: [Diagnostic]

  package init(
    stack: String, account: String, region: String, purpose: Purpose = .converge, targets: Set<Address> = [],
    specDigest: String, sightings: [Address: Sighting], changes: [ResourceChange], steps: [Step],
    notes: [Diagnostic] = []
  ) {
    self.stack = stack
    self.account = account
    self.region = region
    self.purpose = purpose
    self.targets = targets
    self.specDigest = specDigest
    self.sightings = sightings
    self.changes = changes
    self.steps = steps
    self.notes = notes
  }

  package var isEmpty: Bool { steps.isEmpty }

  /// The most that users will notice of any change.
  package var disruption: Disruption { changes.map(\.disruption).max() ?? .none }
}
