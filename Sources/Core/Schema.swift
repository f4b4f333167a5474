// SPDX-License-Identifier: Apache-2.0

/// What it takes to change one attribute of a live resource.
package enum Mutability: Sendable, Hashable {
  case inPlace(Disruption = .none)
  /// The resource is made anew; never allowed on a kind that holds data.
  case replace(ReplaceOrder = .deleteThenCreate)
  /// AWS cannot change it and harecon will not destroy to get its way: a differing value is refused, with the way out.
  case refuse(wayOut: String)
}

package enum ReplaceOrder: String, Sendable, Hashable {
  case deleteThenCreate
  case createThenDelete
}

/// What users of the resource notice while it changes, mildest first.
package enum Disruption: Int, Sendable, Hashable, Comparable, CaseIterable {
  case none
  case connections
  case restart
  case outage

  package static func < (a: Disruption, b: Disruption) -> Bool { a.rawValue < b.rawValue }
}

/// When two values of an attribute count as the same.
package enum Equality: Sendable, Hashable {
  case exact
  /// Lists as sets.
  case unordered
  case caseInsensitive
  /// Every desired member is there; members that others added are theirs.
  case subset
  /// As `subset`, and a key that harecon once set (see `TagMemory`) and no longer wants is a difference.
  case tags
  /// JSON text compared as JSON.
  case document
  /// JSON text compared as an IAM policy: one or many, order of lists, `Sid` kept.
  case policy
}

package struct Traits: OptionSet, Sendable, Hashable {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  /// When the spec says nothing (`null`), whatever AWS chose is right.
  package static let serverDefaulted = Traits(rawValue: 1 << 0)
  /// Never shown: plans carry `sealed` values.
  package static let sensitive = Traits(rawValue: 1 << 1)
  /// AWS never gives it back: used at create and never compared.
  package static let writeOnly = Traits(rawValue: 1 << 2)
  /// A live value that is ahead (a version) is AWS's own move and no difference.
  package static let neverBackwards = Traits(rawValue: 1 << 3)
  /// Set now, noticed at the next restart, which harecon does not do by itself.
  package static let atNextRestart = Traits(rawValue: 1 << 5)
  /// Parts of it take effect at once and others at the next restart, as AWS's catalogue says of each.
  package static let partlyAtNextRestart = Traits(rawValue: 1 << 7)
  /// A list whose users do not notice what is added to it; what is taken away they do.
  package static let additionsUnnoticed = Traits(rawValue: 1 << 8)
  /// `refuse` holds once AWS has a value: where the live one is `null`, or a switch that is off, it is set in place.
  package static let setOnce = Traits(rawValue: 1 << 6)
}

/// One attribute of a kind, as the engine, the documentation and the tests see it.
package struct AttributeSchema: Sendable, Hashable {
  package let name: String
  package let mutability: Mutability
  package let equality: Equality
  package let traits: Traits

  package init(name: String, mutability: Mutability, equality: Equality = .exact, traits: Traits = []) {
    self.name = name
    self.mutability = mutability
    self.equality = equality
    self.traits = traits
  }
}

/// How a kind's resources are told apart, and how ownership is proven.
package enum Identity: String, Sendable, Hashable {
  /// A name we give; the tag `harecon:stack` proves that it is ours.
  case name
  /// AWS assigns the id; the tags `harecon:stack` and `harecon:id` find it.
  case tag
  /// It cannot carry tags: a natural key under a parent that is ours.
  case parent
}
