// SPDX-License-Identifier: Apache-2.0

/// A kind with its types erased and its client bound: all that the engine knows of AWS.
///
/// `values` of desired and observed resources are rows in the order of `schema`.
package struct Kind: Sendable {
  package let name: KindName
  package let identity: Identity
  package let schema: [AttributeSchema]
  /// Holds data or what makes data readable: never deleted or replaced outside `destroy`.
  package let holdsData: Bool
  /// Updates that users notice as a restart or worse are made one resource at a time, lowest `Observation.turn` first.
  package let oneAtATime: Bool
  /// The kind whose observations this kind needs to look its own up, observed first.
  package let parent: KindName?
  /// The attribute that names the parent by its id, where the parent cannot be deleted while any of these, whoever's it is, is
  /// in it.
  package let holdsParent: String?
  /// The kinds that its resources may need: deleted after it, also when nothing else tells the order.
  package let follows: Set<KindName>
  package let patience: Patience

  /// The same resource with its references replaced by the outputs they name.
  package let resolve: @Sendable (DesiredResource, [OutputID: Value]) -> DesiredResource
  /// Whether the desired resource, of another address, cannot be made as long as the live one is there.
  package let excludes: @Sendable (Observation, DesiredResource) -> Bool
  /// What exists of this kind that the stack owns or wants. Makes no change.
  package let observe: @Sendable (Lookup) async throws(CallError) -> [Observation]
  /// Makes it, owner tags included in the creating call wherever the API allows.
  ///
  /// Need not bring it to completion: what it left out shows up as a difference. Told the id that the step's last create was
  /// answered with, when nothing of it has shown for so long that it is gone.
  package let create: @Sendable (DesiredResource, _ gone: String?) async throws(CallError) -> Void
  /// Changes the named attributes; may need several calls, each of which leaves a state that the next run can go on from.
  package let update: @Sendable (Observation, DesiredResource, Set<String>) async throws(CallError) -> Void
  /// Deletes it and says what became of it. Not being there is not an error.
  package let delete: @Sendable (Observation, Deletion) async throws(CallError) -> Departure

  package init(
    name: KindName, identity: Identity, schema: [AttributeSchema], holdsData: Bool, oneAtATime: Bool = false,
    parent: KindName?, holdsParent: String? = nil, follows: Set<KindName> = [], patience: Patience,
    resolve: @escaping @Sendable (DesiredResource, [OutputID: Value]) -> DesiredResource,
    excludes: @escaping @Sendable (Observation, DesiredResource) -> Bool = { _, _ in false },
    observe: @escaping @Sendable (Lookup) async throws(CallError) -> [Observation],
    create: @escaping @Sendable (DesiredResource, String?) async throws(CallError) -> Void,
    update: @escaping @Sendable (Observation, DesiredResource, Set<String>) async throws(CallError) -> Void,
    delete: @escaping @Sendable (Observation, Deletion) async throws(CallError) -> Departure
  ) {
    self.name = name
    self.identity = identity
    self.schema = schema
    self.holdsData = holdsData
    self.oneAtATime = oneAtATime
    self.parent = parent
    self.holdsParent = holdsParent
    self.follows = follows
    self.patience = patience
    self.resolve = resolve
    self.excludes = excludes
    self.observe = observe
    self.create = create
    self.update = update
    self.delete = delete
  }
}

/// How long to wait for a kind's resources, and how often to look.
package struct Patience: Sendable, Hashable {
  /// From a create or an update to health `ready`.
  package var ready: Duration
  /// From a delete to being gone.
  package var gone: Duration
  /// The first and the longest pause between two looks.
  package var firstLook: Duration
  package var longestPause: Duration
  /// For how long a create whose answer was lost may not show: only then is it sent again. nil for three looks where a name
  /// keeps AWS from making a second one, and 15 s where the resource is found by its tags.
  package var untilSeen: Duration?

  package init(
    ready: Duration = .seconds(120), gone: Duration = .seconds(120), firstLook: Duration = .milliseconds(250),
    longestPause: Duration = .seconds(5), untilSeen: Duration? = nil
  ) {
    self.ready = ready
    self.gone = gone
    self.firstLook = firstLook
    self.longestPause = longestPause
    self.untilSeen = untilSeen
  }
}

/// What to do about data when deleting.
package struct Deletion: Sendable, Hashable {
  /// The name of the last snapshot to take of what holds data; nil when the operator said to keep none.
  package var finalSnapshot: String?
  /// The stack as a whole goes (`destroy`). Otherwise a kind keeps what the rest of the stack cannot do without: the
  /// writer, the last copy.
  package var wholeStack: Bool

  package init(finalSnapshot: String? = nil, wholeStack: Bool = false) {
    self.finalSnapshot = finalSnapshot
    self.wholeStack = wholeStack
  }
}

/// What became of a resource that was to be deleted.
package enum Departure: Sendable, Hashable {
  case gone
  /// It cannot be deleted by itself, and goes with what it is part of.
  case withParent
  /// AWS deletes it by itself on that day, and until then it can be taken back. For people: `2026-12-22`.
  case scheduled(for: String?)
  /// It stays, and is no longer the stack's. The reason follows a colon: `snapshots are encrypted with it`.
  case kept(because: String)
}

/// A question to a kind: what of yours is there?
package struct Lookup: Sendable {
  package var stack: String
  /// What the spec wants of this kind (references may still be unknown).
  package var desired: [DesiredResource]
  /// What was observed of the parent kind.
  package var parents: [Observation]
  /// Set when one resource is waited for: the kind may then ask for that one alone.
  package var focus: Focus?
  /// What is asked in common with other kinds; nil when nobody else looks at the same time.
  package var look: Look?

  package struct Focus: Sendable, Hashable {
    package var address: Address
    /// AWS's id, once known.
    package var id: String?

    package init(address: Address, id: String? = nil) {
      self.address = address
      self.id = id
    }
  }

  package init(
    stack: String, desired: [DesiredResource], parents: [Observation] = [], focus: Focus? = nil, look: Look? = nil
  ) {
    self.stack = stack
    self.desired = desired
    self.parents = parents
    self.focus = focus
    self.look = look
  }
}

/// A desired resource: typed inside, a row of values in schema order outside.
package struct DesiredResource: Sendable {
  package let address: Address
  /// The natural key by which an observation is recognised; nil while it depends on unknown outputs, or for kinds found by tag.
  package let key: String?
  package let values: [Value]
  /// What must be ready first: read off the references, plus explicit extra edges.
  package let needs: Set<Address>
  /// The place in the spec that asked for it.
  package let origin: SourceSpan?
  /// The kind's own `Desired`.
  package let opaque: any Sendable

  package init(
    address: Address, key: String?, values: [Value], needs: Set<Address>, origin: SourceSpan? = nil,
    opaque: any Sendable
  ) {
    self.address = address
    self.key = key
    self.values = values
    self.needs = needs
    self.origin = origin
    self.opaque = opaque
  }
}

/// What AWS said of one resource.
package struct Observation: Sendable {
  /// AWS's id, or the name where that is the id.
  package let id: String
  package let key: String?
  package let owner: Owner
  package let values: [Value]
  package let outputs: [String: Value]
  package let health: Health
  /// Changes that AWS has accepted and not yet made: attribute name → text for people (`at the next restart`). An
  /// attribute that takes effect at a restart is let be; any other is not changed until it shows, and is asked for now when
  /// it was queued. A name that is no attribute's (`static parameters`) is only told.
  package let pending: [String: String]
  /// Where its kind is changed one at a time: what has the higher turn waits (readers 0, the writer 1).
  package let turn: Int
  /// Why it must not be deleted while the rest of the stack stays, with the way out; nil when it may be.
  package let stays: String?
  /// Attributes that AWS does not tell at the moment: they are not compared.
  package let hidden: Set<String>
  /// Attributes that something of the stack holds elsewhere than the spec says, on purpose and for a while: attribute name →
  /// why, for people. They are told and not changed.
  package let held: [String: String]
  /// The kind's own `Observed`.
  package let opaque: any Sendable

  package init(
    id: String, key: String?, owner: Owner, values: [Value], outputs: [String: Value], health: Health,
    pending: [String: String] = [:], turn: Int = 0, stays: String? = nil, hidden: Set<String> = [],
    held: [String: String] = [:], opaque: any Sendable
  ) {
    self.id = id
    self.key = key
    self.owner = owner
    self.values = values
    self.outputs = outputs
    self.health = health
    self.pending = pending
    self.turn = turn
    self.stays = stays
    self.hidden = hidden
    self.held = held
    self.opaque = opaque
  }
}

/// Whose a live resource is.
package enum Owner: Sendable, Hashable {
  /// Tagged `harecon:stack`, and `harecon:id` when present.
  case stack(String, id: String?)
  /// It cannot carry tags; its parent is ours.
  case parent
  /// No tag of harecon's: somebody else's.
  case nobody
}

/// The kind's judgement of a live resource.
package enum Health: Sendable, Hashable {
  case ready
  /// On its way (`creating`, `modifying`): wait.
  case progressing(String)
  /// It will not get better by waiting (`failed`, `inaccessible-encryption-credentials`).
  case degraded(String)
  /// On its way out (`deleting`): as good as absent, but its place is not free yet.
  case leaving(String)

  package var isLeaving: Bool {
    switch self {
    case .leaving: true
    case .ready, .progressing, .degraded: false
    }
  }
}
