// SPDX-License-Identifier: Apache-2.0

package import AWSClient
package import Core

/// One kind of AWS resource, as its author writes it: two structs, a table of attributes, straight-line calls.
///
/// The doc comment of the conforming type is its documentation in `docs/kinds.md`. Above it stand the operations it calls,
/// one service per line: `// aws: rds CreateDBCluster DeleteDBCluster`; the API slice, the policies and the tests
/// are made from them.
package protocol ResourceKind: Sendable {
  /// What the spec wants; references to other resources are `Input`s.
  associatedtype Desired: Sendable
  /// What AWS says.
  associatedtype Observed: Sendable
  /// What `delete` returns: nothing, or a `Departure`.
  associatedtype Ending: Sendable

  static var name: KindName { get }
  static var identity: Identity { get }
  static var attributes: [Attribute<Self>] { get }
  static var outputs: [Output<Self>] { get }
  /// Holds data or what makes data readable: never deleted or replaced outside `destroy`.
  static var holdsData: Bool { get }
  /// Updates that users notice as a restart or worse are made one resource at a time, lowest `Facts.turn` first.
  static var oneAtATime: Bool { get }
  /// A kind whose observations `observe` needs, observed first and found in `query.parents`.
  static var parent: KindName? { get }
  /// The attribute that names the parent by its id, where the parent cannot be deleted while any of these, whoever's it is, is
  /// in it: `observe` then gives those of others below the stack's own parents too.
  static var holdsParent: (any PartialKeyPath<Desired> & Sendable)? { get }
  /// The kinds that this one's resources may need: they are made before it and deleted after it, also when they have left
  /// the spec and nothing else tells their order. `Registry` is sorted by it.
  static var follows: [KindName] { get }
  static var patience: Patience { get }
  /// Belongs to no region: its tags say which region its stack is in, and `facts` must judge ownership by it.
  static var isGlobal: Bool { get }

  /// The natural key: equal to `facts(_:).key` of the observation that is this resource. nil for kinds found by tag, and
  /// while it depends on something that does not exist yet.
  static func key(for desired: Desired) -> String?

  /// What exists of this kind that the stack owns or wants, whoever made it. Must not change anything.
  ///
  /// As few calls as the API allows: one paginated listing, all further calls at once. What has our name and another owner is
  /// returned too, so that it can be refused, and what others of the stack stand on is, so that it is known when it has lost
  /// its tags. With `query.focus` set only that resource matters.
  static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed]
  /// Makes it. Owner tags go into the creating call wherever the API can. A lost answer must not lead to a second one:
  /// the engine observes before it calls again.
  static func create(_ desired: Desired, _ aws: AWS) async throws(CallError)
  /// The same for a kind that AWS may answer with what was deleted since, because it remembers the token under which that was
  /// made. Such an answer cannot be told from that with something so new that it does not show yet: the create ends with
  /// an `ambiguous` error that has the id, the engine looks for as long as something new may stay unseen, and only then
  /// calls again.
  ///
  /// - Parameter gone: the id that the step's last create was answered with and that has not shown; nil for the first one.
  static func create(_ desired: Desired, after gone: String?, _ aws: AWS) async throws(CallError)
  /// Changes what `changes` names; each call leaves a state from which the next run can go on.
  static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError)
  /// Deletes it. Fails with `notFound` where AWS denies to know it: whether it is gone, or was made so lately that not all of
  /// AWS knows it, the engine finds out by looks.
  ///
  /// Returns nothing where it goes for good. A kind whose resources stay for a while, or are kept, declares `-> Departure` and
  /// says so, so that nobody is told of a deletion that did not happen. The step ends once `observe` shows no more of it;
  /// what is `scheduled` may go on showing as `leaving`, what is `kept` as no longer the stack's.
  static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) -> Ending
  static func facts(_ observed: Observed) -> Facts
  /// Whether the live resource, which has left the spec, keeps the desired one from being made: then it goes first.
  /// Otherwise what comes is there before what it takes the place of goes. Of no use to kinds found by tag, which have no
  /// name to be known by.
  static func excludes(_ observed: Observed, _ desired: Desired) -> Bool
}

extension ResourceKind {
  package static var outputs: [Output<Self>] { [] }
  package static var holdsData: Bool { false }
  package static var oneAtATime: Bool { false }
  package static var parent: KindName? { nil }
  package static var holdsParent: (any PartialKeyPath<Desired> & Sendable)? { nil }
  package static var follows: [KindName] { [] }
  package static var patience: Patience { Patience() }
  package static var isGlobal: Bool { false }
  package static func key(for desired: Desired) -> String? { nil }
  package static func excludes(_ observed: Observed, _ desired: Desired) -> Bool { false }
  package static func create(_ desired: Desired, after gone: String?, _ aws: AWS) async throws(CallError) {
    try await create(desired, aws)
  }
}

/// What every kind knows of an observed resource.
package struct Facts: Sendable, Hashable {
  package var id: String
  package var key: String?
  package var owner: Owner
  package var health: Health
  /// Accepted by AWS and not yet made: attribute name → when, for people.
  package var pending: [String: String]
  /// Where the kind is changed one at a time: what has the higher turn waits.
  package var turn: Int
  /// Why it must not be deleted while the rest of the stack stays, with the way out; nil when it may be.
  package var stays: String?
  /// Attributes that AWS does not tell at the moment: they are not compared.
  package var hidden: Set<String>
  /// Attributes that something of the stack holds elsewhere than the spec says, on purpose and for a while: attribute name →
  /// why, for people.
  package var held: [String: String]

  package init(
    id: String, key: String? = nil, owner: Owner, health: Health = .ready, pending: [String: String] = [:],
    turn: Int = 0, stays: String? = nil, hidden: Set<String> = [], held: [String: String] = [:]
  ) {
    self.id = id
    self.key = key
    self.owner = owner
    self.health = health
    self.pending = pending
    self.turn = turn
    self.stays = stays
    self.hidden = hidden
    self.held = held
  }
}

/// A question to a kind, with the kind's own types; see `Lookup`.
package struct Query<Kind: ResourceKind>: Sendable {
  package let stack: String
  package let desired: [Kind.Desired]
  package let parents: [Observation]
  package let focus: Focus?
  let look: Look?

  package struct Focus: Sendable {
    package let address: Address
    package let id: String?
    package let desired: Kind.Desired?
  }

  /// The tags that the spec wants on each resource of a kind that compares them.
  package var desiredTags: [[String: String]] {
    guard let tags = Kind.attributes.first(where: { $0.schema.equality == .tags }) else { return [] }
    return desired.compactMap { [String: String](tags.desired($0)) }
  }

  /// The answer to what other kinds ask too: asked once in a look at everything, and anew when one resource is looked at.
  ///
  /// - Parameter question: names what is asked, with all that it depends on besides the stack, the account and the region.
  package func answer<T: Sendable>(
    to question: String, _ ask: @escaping @Sendable () async throws(CallError) -> T
  ) async throws(CallError) -> T {
    guard let look, focus == nil else { return try await ask() }
    return try await look.answer(to: question, ask)
  }
}

/// One attribute of a kind: its name, where it stands in `Desired` and `Observed`, and what a change of it means.
package struct Attribute<Kind: ResourceKind>: Sendable {
  package let schema: AttributeSchema
  let desired: @Sendable (Kind.Desired) -> Value
  let observed: @Sendable (Kind.Observed) -> Value
  let resolve: @Sendable (inout Kind.Desired, [OutputID: Value]) -> Void
  let path: any PartialKeyPath<Kind.Desired> & Sendable

  /// An attribute whose type is the same on both sides.
  package init<T: AttributeValue>(
    _ name: String, _ desired: any WritableKeyPath<Kind.Desired, T> & Sendable,
    _ observed: any KeyPath<Kind.Observed, T> & Sendable, _ mutability: Mutability = .inPlace(), _ traits: Traits = [],
    equality: Equality = .exact
  ) {
    self.init(name, desired, { $0[keyPath: observed].value }, mutability, traits, equality)
  }

  /// A reference: AWS gives back the plain value of what the spec gives as an `Input`.
  package init<T: AttributeValue>(
    _ name: String, _ desired: any WritableKeyPath<Kind.Desired, Input<T>> & Sendable,
    _ observed: any KeyPath<Kind.Observed, T> & Sendable, _ mutability: Mutability = .inPlace(), _ traits: Traits = [],
    equality: Equality = .exact
  ) {
    self.init(name, desired, { $0[keyPath: observed].value }, mutability, traits, equality)
  }

  /// A reference that may be absent.
  package init<T: AttributeValue>(
    _ name: String, _ desired: any WritableKeyPath<Kind.Desired, Input<T>?> & Sendable,
    _ observed: any KeyPath<Kind.Observed, T?> & Sendable, _ mutability: Mutability = .inPlace(), _ traits: Traits = [],
    equality: Equality = .exact
  ) {
    self.init(name, desired, { $0[keyPath: observed].value }, mutability, traits, equality)
  }

  /// A list of references.
  package init<T: AttributeValue>(
    _ name: String, _ desired: any WritableKeyPath<Kind.Desired, [Input<T>]> & Sendable,
    _ observed: any KeyPath<Kind.Observed, [T]> & Sendable, _ mutability: Mutability = .inPlace(),
    _ traits: Traits = [],
    equality: Equality = .exact
  ) {
    self.init(name, desired, { $0[keyPath: observed].value }, mutability, traits, equality)
  }

  /// An optional wish for something that AWS always has a value for: `nil` means whatever AWS chose.
  package init<T: AttributeValue>(
    serverDefaulted name: String, _ desired: any WritableKeyPath<Kind.Desired, T?> & Sendable,
    _ observed: any KeyPath<Kind.Observed, T> & Sendable, _ mutability: Mutability = .inPlace(), _ traits: Traits = [],
    equality: Equality = .exact
  ) {
    self.init(name, desired, { $0[keyPath: observed].value }, mutability, traits.union(.serverDefaulted), equality)
  }

  /// Needed at create and never given back by AWS.
  package init<T: AttributeValue>(
    writeOnly name: String, _ desired: any WritableKeyPath<Kind.Desired, T> & Sendable, _ traits: Traits = []
  ) {
    self.init(name, desired, { _ in .null }, .inPlace(), traits.union(.writeOnly), .exact)
  }

  private init<T: AttributeValue>(
    _ name: String, _ path: any WritableKeyPath<Kind.Desired, T> & Sendable,
    _ observed: @escaping @Sendable (Kind.Observed) -> Value, _ mutability: Mutability, _ traits: Traits,
    _ equality: Equality
  ) {
    schema = AttributeSchema(name: name, mutability: mutability, equality: equality, traits: traits)
    desired = { $0[keyPath: path].value }
    self.observed = observed
    self.path = path
    resolve = { resource, outputs in
      let value = resource[keyPath: path].value
      let resolved = value.resolved(outputs)
      if resolved != value, let typed = T(resolved) { resource[keyPath: path] = typed }
    }
  }
}

/// A value that a resource publishes once it exists.
package struct Output<Kind: ResourceKind>: Sendable {
  package let name: String
  let path: any PartialKeyPath<Kind.Observed> & Sendable
  let value: @Sendable (Kind.Observed) -> Value

  package init<T: AttributeValue>(_ name: String, _ path: any KeyPath<Kind.Observed, T> & Sendable) {
    self.name = name
    self.path = path
    value = { $0[keyPath: path].value }
  }
}

/// The attributes that an update must change, asked for by key path so that a typo does not compile.
package struct Changes<Kind: ResourceKind>: Sendable {
  private let names: Set<String>

  package init(_ names: Set<String>) {
    self.names = names
  }

  package func contains(_ path: any PartialKeyPath<Kind.Desired> & Sendable) -> Bool {
    Kind.attributes.contains { $0.path == path && names.contains($0.schema.name) }
  }

  package func containsAny(_ paths: (any PartialKeyPath<Kind.Desired> & Sendable)...) -> Bool {
    paths.contains { contains($0) }
  }

  /// Whether anything but that attribute is to be changed.
  package func containsOther(than path: any PartialKeyPath<Kind.Desired> & Sendable) -> Bool {
    Kind.attributes.contains { $0.path != path && names.contains($0.schema.name) }
  }
}

extension Value {
  /// The same with every known output in place of its reference; an output whose value is `null` stays unknown.
  package func resolved(_ outputs: [OutputID: Value]) -> Value {
    switch self {
    case .null, .bool, .int, .double, .string, .sealed: return self
    case .unknown(let id):
      guard let value = outputs[id], value != .null else { return self }
      return value
    case .list(let items): return .list(items.map { $0.resolved(outputs) })
    case .map(let members): return .map(members.mapValues { $0.resolved(outputs) })
    }
  }
}
