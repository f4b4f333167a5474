// SPDX-License-Identifier: Apache-2.0

import Core

/// A small cloud: it makes, changes, shows and deletes things, takes its time, refuses what is in use, and fails when told to.
final class FakeCloud: Sendable {
  struct Thing: Sendable {
    var id: String
    var key: String?
    var owner: Owner
    var attributes: [String: Value]
    var status: Health = .ready
    var pending: [String: String] = [:]
    var turn = 0
    var stays: String?
    /// Looks until it can be seen, until it is ready, until a delete is over.
    var hiddenFor = 0
    var busyFor = 0
    /// Looks until a change that was taken begins: until then all is ready and the change pending.
    var queuedFor = 0
    var goneIn: Int?
    /// Attributes as they will be once it is no longer busy.
    var becoming: [String: Value]?
  }

  enum Fault: Sendable {
    /// A look is answered by a part of AWS that knows nothing of it.
    case seeNothing
    /// Refused, without effect.
    case fail(CallError)
    /// Carried out; the answer is lost.
    case loseAnswer
    /// Not carried out; the answer is lost.
    case loseRequest
  }

  struct Call: Sendable, Hashable, CustomStringConvertible {
    enum Verb: String, Sendable { case observe, create, update, delete }
    let verb: Verb
    let kind: KindName
    /// Nil for a listing of everything.
    let address: Address?
    var attributes: Set<String> = []
    /// Of a create: what the last one was answered with and is gone.
    var gone: String?
    var isWrite: Bool { verb != .observe }
    var description: String {
      let changed = attributes.isEmpty ? "" : " \(attributes.sorted().joined(separator: ","))"
      return "\(verb.rawValue) \(address?.description ?? kind.description)\(changed)"
    }
  }

  struct State {
    var things: [KindName: [Thing]] = [:]
    var calls: [Call] = []
    var made = 0
    /// Asked before each call, with its number.
    var fault: (@Sendable (Call, Int) -> Fault?)?
    /// Told after each effect.
    var afterWrite: (@Sendable (Call, inout State) -> Void)?
    var snapshots: [String] = []
  }

  private let state = Guarded(State())

  func read<T: Sendable>(_ body: (State) -> sending T) -> T { state.withLock { body($0) } }
  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  var calls: [Call] { read { $0.calls } }
  var writes: [Call] { calls.filter(\.isWrite) }
  func forgetCalls() { change { $0.calls = [] } }
  func things(_ kind: KindName) -> [Thing] { read { $0.things[kind] ?? [] } }
  var count: Int { read { $0.things.values.reduce(0) { $0 + $1.count } } }

  func put(_ thing: Thing, _ kind: KindName) {
    change { $0.things[kind, default: []].append(thing) }
  }

  func edit(_ kind: KindName, _ id: String, _ body: (inout Thing) -> Void) {
    change { state in
      guard let index = state.things[kind]?.firstIndex(where: { $0.id == id }) else { return }
      body(&state.things[kind]![index])
    }
  }
}

/// One kind of the fake cloud.
struct FakeKind: Sendable {
  var name: KindName
  var identity: Identity = .tag
  var schema: [AttributeSchema]
  var holdsData = false
  var oneAtATime = false
  var parent: KindName?
  var holdsParent: String?
  var follows: Set<KindName> = []
  var patience = Patience(
    ready: .seconds(3600), gone: .seconds(3600), firstLook: .seconds(1), longestPause: .seconds(8))
  var hiddenFor = 0
  var busyFor = 0
  /// Looks for which an update is pending before it makes anything busy.
  var queuedFor = 0
  var goneIn = 0
  /// Attributes that a create does not set.
  var leftOut: Set<String> = []
  /// What becomes of what is deleted; what is scheduled goes on being seen.
  var departure = Departure.gone
  /// Attributes that an update accepts and does not change.
  var ignored: Set<String> = []
  /// Whether the live one, by its key, keeps the desired one from being made.
  var excludes: @Sendable (String?, String?) -> Bool = { _, _ in false }

  func desired(
    _ name: String, _ values: [String: Value] = [:], key: String? = nil, after: Set<Address> = []
  ) -> DesiredResource {
    let row = schema.map { values[$0.name] ?? .null }
    let references = row.reduce(into: Set<OutputID>()) { $0.formUnion($1.unknowns) }
    return DesiredResource(
      address: Address(self.name, name), key: identity == .tag ? key : key ?? name, values: row,
      needs: after.union(references.map(\.address)), opaque: "wish")
  }

  func bound(to cloud: FakeCloud) -> Kind {
    let fake = self
    return Kind(
      name: name, identity: identity, schema: schema, holdsData: holdsData, oneAtATime: oneAtATime, parent: parent,
      holdsParent: holdsParent, follows: follows, patience: patience,
      resolve: { resource, outputs in
        DesiredResource(
          address: resource.address, key: resource.key, values: resource.values.map { $0.filled(from: outputs) },
          needs: resource.needs, origin: resource.origin, opaque: resource.opaque)
      },
      excludes: { fake.excludes($0.key, $1.key) },
      observe: { (lookup) async throws(CallError) in try cloud.observe(fake, lookup) },
      create: { (resource, gone) async throws(CallError) in try cloud.create(fake, resource, gone) },
      update: { (observation, resource, names) async throws(CallError) in
        try cloud.update(fake, observation, resource, names)
      },
      delete: { (observation, deletion) async throws(CallError) in
        try cloud.delete(fake, observation, deletion)
        return fake.departure
      })
  }
}

extension Value {
  func filled(from outputs: [OutputID: Value]) -> Value {
    switch self {
    case .unknown(let id): outputs[id] ?? self
    case .list(let items): .list(items.map { $0.filled(from: outputs) })
    case .map(let members): .map(members.mapValues { $0.filled(from: outputs) })
    case .null, .bool, .int, .double, .string, .sealed: self
    }
  }
}

extension Value {
  fileprivate func mentions(_ id: String) -> Bool {
    switch self {
    case .string(let text): text == id
    case .list(let items): items.contains { $0.mentions(id) }
    case .map(let members): members.values.contains { $0.mentions(id) }
    case .null, .bool, .int, .double, .unknown, .sealed: false
    }
  }
}

extension FakeCloud {
  private func call(_ call: Call, _ effect: (inout State) throws(CallError) -> Void) throws(CallError) {
    let result = state.withLock { state -> Result<Void, CallError> in
      state.calls.append(call)
      let lost = CallError(.ambiguous, code: "AnswerLost", message: "connection reset")
      do throws(CallError) {
        switch state.fault?(call, state.calls.count) {
        case .fail(let error): throw error
        case .seeNothing: break
        case .loseRequest: throw lost
        case .loseAnswer:
          try effect(&state)
          if call.isWrite { state.afterWrite?(call, &state) }
          throw lost
        case nil:
          try effect(&state)
          if call.isWrite { state.afterWrite?(call, &state) }
        }
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  fileprivate func observe(_ kind: FakeKind, _ lookup: Lookup) throws(CallError) -> [Observation] {
    var seen: [Observation] = []
    try call(Call(verb: .observe, kind: kind.name, address: lookup.focus?.address)) { state in
      state.things[kind.name] = (state.things[kind.name] ?? []).compactMap { thing in
        var thing = thing
        if let goneIn = thing.goneIn {
          guard goneIn > 0 else { return nil }
          thing.goneIn = goneIn - 1
        }
        if thing.queuedFor > 0 {
          thing.queuedFor -= 1
          if thing.queuedFor == 0 { thing.pending = [:] }
        } else if thing.busyFor > 0 {
          thing.busyFor -= 1
        } else if let attributes = thing.becoming {
          thing.attributes = attributes
          thing.becoming = nil
        }
        thing.hiddenFor = max(0, thing.hiddenFor - 1)
        return thing
      }
      seen = (state.things[kind.name] ?? []).filter { $0.hiddenFor == 0 }.map { Observation($0, kind) }
    }
    return seen
  }

  fileprivate func create(_ kind: FakeKind, _ resource: DesiredResource, _ gone: String?) throws(CallError) {
    try call(Call(verb: .create, kind: kind.name, address: resource.address, gone: gone)) { (state) throws(CallError) in
      let key = kind.identity == .tag ? nil : resource.key
      if let key, state.things[kind.name, default: []].contains(where: { $0.key == key }) {
        throw CallError(.alreadyExists, code: "AlreadyExists", message: "\(key) exists")
      }
      var attributes: [String: Value] = [:]
      for (schema, value) in zip(kind.schema, resource.values) where !kind.leftOut.contains(schema.name) {
        guard value.unknowns.isEmpty else {
          throw CallError(.invalid, code: "UnresolvedReference", message: "\(value)")
        }
        try state.mustExist(value, for: resource.address)
        attributes[schema.name] = value
      }
      state.made += 1
      let id = "\(kind.name.description.split(separator: "/").last ?? "")-\(state.made)"
      state.things[kind.name, default: []].append(
        Thing(
          id: id, key: key, owner: .stack("orders", id: resource.address.description), attributes: attributes,
          hiddenFor: kind.hiddenFor, busyFor: kind.busyFor))
    }
  }

  fileprivate func update(
    _ kind: FakeKind, _ observation: Observation, _ resource: DesiredResource, _ names: Set<String>
  ) throws(CallError) {
    try call(
      Call(verb: .update, kind: kind.name, address: resource.address, attributes: names)
    ) { (state) throws(CallError) in
      guard let index = state.things[kind.name]?.firstIndex(where: { $0.id == observation.id }) else {
        throw CallError(.notFound, code: "NotFound", message: observation.id)
      }
      var thing = state.things[kind.name]![index]
      guard thing.busyFor == 0 || thing.queuedFor > 0 else {
        throw CallError(.conflict, code: "InvalidState", message: "\(thing.id) is busy")
      }
      var attributes = thing.becoming ?? thing.attributes
      for (schema, value) in zip(kind.schema, resource.values)
      where names.contains(schema.name) && !kind.ignored.contains(schema.name) {
        try state.mustExist(value, for: resource.address)
        attributes[schema.name] = value
      }
      thing.becoming = attributes
      thing.busyFor = kind.busyFor
      thing.queuedFor = kind.queuedFor
      if kind.queuedFor > 0 {
        for name in names { thing.pending[name] = "in the maintenance window sun:05:00-sun:06:00" }
      }
      if thing.status != .ready { thing.status = .ready }
      state.things[kind.name]![index] = thing
    }
  }

  fileprivate func delete(_ kind: FakeKind, _ observation: Observation, _ deletion: Deletion) throws(CallError) {
    try call(
      Call(verb: .delete, kind: kind.name, address: observation.ownerAddress)
    ) { (state) throws(CallError) in
      guard let index = state.things[kind.name]?.firstIndex(where: { $0.id == observation.id }) else { return }
      let user = state.things.values.joined().first { thing in
        thing.id != observation.id && thing.attributes.values.contains { $0.mentions(observation.id) }
      }
      if let user {
        throw CallError(.conflict, code: "DependencyViolation", message: "\(observation.id) is in use by \(user.id)")
      }
      if let name = deletion.finalSnapshot { state.snapshots.append(name) }
      if case .kept = kind.departure {
        state.things[kind.name]![index].owner = .nobody
      } else if kind.goneIn == 0 {
        state.things[kind.name]!.remove(at: index)
      } else if state.things[kind.name]![index].goneIn == nil {
        state.things[kind.name]![index].goneIn = kind.goneIn
      }
    }
  }
}

extension FakeCloud.State {
  /// What a value names by id must be there: the order of creation is checked by the cloud.
  fileprivate func mustExist(_ value: Value, for address: Address) throws(CallError) {
    guard case .string(let text) = value, text.contains("-"), let kind = text.split(separator: "-").first else {
      return
    }
    let isKind = things.keys.contains { $0.description.hasSuffix("/\(kind)") }
    guard isKind, !things.values.joined().contains(where: { $0.id == text }) else { return }
    throw CallError(.notFound, code: "NotFound", message: "\(text), named by \(address)")
  }
}

extension Observation {
  fileprivate init(_ thing: FakeCloud.Thing, _ kind: FakeKind) {
    let health: Health =
      if thing.goneIn != nil {
        .leaving("deleting")
      } else if thing.busyFor > 0, thing.queuedFor == 0 {
        .progressing("modifying")
      } else {
        thing.status
      }
    self.init(
      id: thing.id, key: thing.key, owner: thing.owner, values: kind.schema.map { thing.attributes[$0.name] ?? .null },
      outputs: ["id": .string(thing.id)], health: health, pending: thing.pending, turn: thing.turn, stays: thing.stays,
      opaque: "thing")
  }

  fileprivate var ownerAddress: Address? {
    guard case .stack(_, let id?) = owner else { return nil }
    return Address(parsing: id)
  }
}
