// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The decision about one address.
struct Draft: Sendable {
  let change: ResourceChange
  let desired: DesiredResource?
  let live: Observation?
  /// nil when the plan does not depend on it.
  let sighting: Sighting?
  var deletion: Deletion?

  var sketch: StepOrdering.Sketch {
    StepOrdering.Sketch(
      address: change.address, action: change.action, disruption: change.disruption, desired: desired, live: live,
      deletion: deletion)
  }
}

/// Decisions taken address by address, each after those that it needs.
struct Drafts: Sendable {
  private(set) var all: [Address: Draft] = [:]
  private(set) var refusals: [Diagnostic] = []
  private(set) var notes: [Diagnostic] = []

  private let kinds: [KindName: Kind]
  private let graph: Graph
  /// Outputs that exist and stay what they are.
  private var outputs: [OutputID: Value] = [:]
  /// Resources that exist and stay, whose outputs will be no others than they are.
  private var lasting: Set<Address> = []
  /// Outputs of those that change all the same.
  private var changing: Set<OutputID> = []

  init(kinds: [KindName: Kind], graph: Graph) {
    self.kinds = kinds
    self.graph = graph
  }

  /// - Precondition: everything that the address needs has been decided.
  mutating func decide(_ address: Address, live: Observation?) {
    guard let kind = kinds[address.kind], let resource = graph.resources[address] else { return }
    let desired = kind.resolve(resource, outputs)
    guard let live, !live.health.isLeaving else {
      all[address] = .create(desired, kind)
      return
    }
    let difference = difference(kind, desired, live) { lasting.contains($0.address) && !changing.contains($0) }
    note(difference, of: desired, live)
    let action = action(for: difference, of: desired, live, kind)
    let reasons: [Reason] =
      difference.isEmpty
      ? difference.pending.sorted { $0.key < $1.key }.map { .pending($0.value) }
      : reasons(for: desired)
    let change = ResourceChange(
      address: address, action: action, attributes: difference.attributes, reasons: reasons,
      disruption: difference.disruption, id: live.id, origin: resource.origin)
    all[address] = Draft(change: change, desired: desired, live: live, sighting: difference.sighting)
    publish(live, of: address, after: action, changing: difference.names)
  }

  /// What to do about something that is ours and not in the spec.
  mutating func prune(_ address: Address, _ orphan: Observation) {
    guard let kind = kinds[address.kind] else { return }
    if kind.holdsData {
      notes.append(.kept(address, id: orphan.id))
      let change = ResourceChange(address: address, action: .noOp, reasons: [.notInSpec], id: orphan.id)
      all[address] = Draft(change: change, desired: nil, live: orphan, sighting: nil)
    } else {
      if let reason = orphan.stays { refusals.append(.stays(address, id: orphan.id, because: reason)) }
      all[address] = .delete(address, orphan, kind, Deletion(), .notInSpec)
    }
  }

  private func action(
    for difference: Difference, of desired: DesiredResource, _ live: Observation, _ kind: Kind
  ) -> Action {
    guard !difference.isEmpty else { return .noOp }
    guard let order = difference.replacement else { return .update }
    // What must come down first takes its dependants down first.
    let forced = desired.needs.contains { all[$0]?.change.action == .replace(.deleteThenCreate) }
    return .replace(forced ? .deleteThenCreate : order)
  }

  private func reasons(for desired: DesiredResource) -> [Reason] {
    let unknown = desired.values.reduce(into: Set<OutputID>()) { $0.formUnion($1.unknowns) }
    let replaced = Set(unknown.map(\.address)).filter { all[$0]?.live != nil }.sorted()
    return [.differs] + replaced.map(Reason.dependencyReplaced)
  }

  private mutating func note(_ difference: Difference, of desired: DesiredResource, _ live: Observation) {
    let address = desired.address
    notes += difference.ahead.map { .versionAhead($0, of: address) }
    notes += difference.pending.sorted { $0.key < $1.key }.map { .pending($0.key, of: address, when: $0.value) }
    notes += difference.held.sorted { $0.key < $1.key }.map { .held($0.key, of: address, because: $0.value) }
    if case .degraded(let status) = live.health { notes.append(.degraded(address, id: live.id, status: status)) }
    refuse(difference, desired, live)
  }

  private mutating func refuse(_ difference: Difference, _ desired: DesiredResource, _ live: Observation) {
    guard let kind = kinds[desired.address.kind] else { return }
    for attribute in difference.attributes {
      guard case .refuse(let wayOut) = attribute.mutability else { continue }
      refusals.append(.refused(attribute, of: desired, id: live.id, wayOut: wayOut))
    }
    guard let order = difference.replacement else { return }
    if kind.holdsData {
      let because = difference.attributes.filter { if case .replace = $0.mutability { true } else { false } }
      refusals.append(.replaceHoldsData(because, of: desired, id: live.id))
    } else if order == .createThenDelete, kind.identity != .tag, desired.key == live.key {
      refusals.append(.replaceOrder(desired, id: live.id))
    }
  }

  /// An output named like an attribute that changes is not what it will be.
  private mutating func publish(
    _ live: Observation, of address: Address, after action: Action, changing names: Set<String>
  ) {
    switch action {
    case .create, .replace, .delete: return
    case .noOp, .update:
      lasting.insert(address)
      for (name, value) in live.outputs {
        if names.contains(name) {
          changing.insert(OutputID(address, name))
        } else {
          outputs[OutputID(address, name)] = value
        }
      }
    }
  }
}

extension Draft {
  static func create(_ desired: DesiredResource, _ kind: Kind) -> Draft {
    let attributes = zip(kind.schema, desired.values).filter { $0.1 != .null }.map { schema, value in
      let change = AttributeChange(schema, at: desired.address, old: .null, new: value)
      // Nobody uses yet what is being made.
      return AttributeChange(
        name: change.name, old: change.old, new: change.new, mutability: change.mutability, disruption: .none)
    }
    let change = ResourceChange(
      address: desired.address, action: .create, attributes: attributes, reasons: [.absent], origin: desired.origin)
    return Draft(change: change, desired: desired, live: nil, sighting: .absent)
  }

  static func delete(
    _ address: Address, _ live: Observation, _ kind: Kind?, _ deletion: Deletion, _ reason: Reason
  ) -> Draft {
    // Without what holds the data there is no service; without one of several members their clients reconnect.
    let disruption: Disruption = kind.map { $0.holdsData ? .outage : $0.oneAtATime ? .connections : .none } ?? .outage
    let change = ResourceChange(
      address: address, action: .delete, reasons: [reason], disruption: disruption, id: live.id)
    return Draft(change: change, desired: nil, live: live, sighting: Sighting(id: live.id), deletion: deletion)
  }
}
