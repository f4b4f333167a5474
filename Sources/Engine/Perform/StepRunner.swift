// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What a step came to.
enum StepResult: Sendable {
  /// As it is now.
  case live(Observation)
  case left(Departure)
}

/// Carries out one step: looks, compares with the plan, calls, and looks until it is so.
///
/// Every way through begins with a look, so that a step may be run again after any failure, in this process or another.
struct StepRunner<C: Clock<Duration>>: Sendable {
  let step: Step
  let footprint: Footprint
  /// An earlier attempt has sent a write.
  let wroteBefore: Bool
  /// Nothing of the stack was there when the plan was made, and this is what is made first.
  let beginsStack: Bool
  let kind: Kind
  let stack: String
  /// With all references resolved; nil for deletes.
  let desired: DesiredResource?
  /// As the plan knew it.
  let planned: DesiredResource?
  let sighting: Sighting?
  /// The old one of a resource that is being made anew beside it.
  let ignoring: Set<String>
  let parents: [Observation]
  let clock: C
  let report: @Sendable (_ status: String) -> Void

  func run() async throws(StepFailure) -> StepResult {
    guard let desired else { return .left(try await remove()) }
    switch step.id.verb {
    case .create: return .live(try await make(desired))
    case .update: return .live(try await change(desired))
    case .delete: return .left(try await remove())
    }
  }

  private func make(_ desired: DesiredResource) async throws(StepFailure) -> Observation {
    var settling = Settling(runner: self, desired: desired)
    if let found = try await lookWhenLeft(desired) {
      // Names show up at once: it was made since the plan found nothing, and whoever made it goes on from it.
      if !wroteBefore, beginsStack, kind.identity == .name { throw .madeByAnother(desired.address, found, stack) }
      // An earlier run that was cut short made it, or a lost answer was a success after all.
      try mustBeChangeable(rest(of: desired, found), desired)
      if case .degraded(let status) = found.health { settling.knownIll = status }
      return try await settling.run()
    }
    if let made = footprint.made {
      settling.created(doubt: made)
      return try await settling.run()
    }
    footprint.leave()
    do throws(CallError) {
      try await kind.create(desired, footprint.gone)
      footprint.made = Doubt(vanished: kind)
      settling.created(doubt: nil)
    } catch {
      guard error.leavesDoubt else { throw .call(error) }
      let doubt = Doubt(create: error, of: kind)
      footprint.made = doubt
      settling.created(doubt: doubt)
    }
    return try await settling.run()
  }

  private func change(_ desired: DesiredResource) async throws(StepFailure) -> Observation {
    let look = { () async throws(StepFailure) in try await lookNow(desired) }
    guard let found = try await lookUntilSure(look) else {
      throw .stale([.moved(desired.address, from: sighting?.id, to: nil)])
    }
    let rest = rest(of: desired, found)
    try mustMatchPlan(found, rest)
    try mustBeChangeable(rest, desired)
    var settling = Settling(runner: self, desired: desired)
    if case .degraded(let status) = found.health { settling.knownIll = status }
    return try await settling.run()
  }

  // MARK: Looking

  /// As `lookNow`, once what is on its way out is gone.
  private func lookWhenLeft(_ desired: DesiredResource) async throws(StepFailure) -> Observation? {
    var watch = Watch(clock, kind.patience, limit: kind.patience.gone)
    while true {
      let found = try await lookNow(desired)
      guard case .leaving(let status) = found?.health else { return found }
      try await watch.pause(status: "\(status) the old one", report)
    }
  }

  /// What the plan has seen and one look does not show: nil when more looks do not show it either.
  func lookUntilSure(
    _ look: () async throws(StepFailure) -> Observation?
  ) async throws(StepFailure) -> Observation? {
    var watch = Watch(clock, kind.patience, limit: kind.patience.gone)
    for _ in 1..<Doubt.decisiveLooks {
      if let found = try await look() { return found }
      try await watch.pause(status: "not visible", report)
    }
    return try await look()
  }

  /// The resource as it is now; nil when it is not there.
  func lookNow(_ desired: DesiredResource) async throws(StepFailure) -> Observation? {
    let lookup = Lookup(
      stack: stack, desired: [desired], parents: parents,
      focus: Lookup.Focus(address: desired.address, id: step.target))
    let observations: [Observation]
    do throws(CallError) {
      observations = try await kind.observe(lookup)
    } catch {
      throw .call(error)
    }
    switch Candidate(for: desired, of: kind, among: observations, stack: stack, ignoring: ignoring) {
    case .none: return nil
    case .one(let observation): return observation
    case .foreign(let observation): throw .ownership(.foreign(desired, observation, stack: stack))
    case .several(let claimants):
      throw .ownership(.twoCandidates(desired.address, claimants, origin: desired.origin))
    }
  }

  /// What is still to be changed.
  ///
  /// All that the step needs is there by now: an output that is still unknown is one that nobody publishes.
  func rest(of desired: DesiredResource, _ found: Observation) -> Difference {
    difference(kind, desired, found) { _ in true }
  }

  // MARK: Comparing with the plan

  /// Nothing may have moved since the plan, unless to where the plan wanted it.
  private func mustMatchPlan(_ found: Observation, _ rest: Difference) throws(StepFailure) {
    guard let sighting, let planned else { return }
    guard found.id == sighting.id else {
      throw .stale([.moved(planned.address, from: sighting.id, to: found.id)])
    }
    // What an earlier attempt has changed on its way is no move of anybody else's.
    guard !wroteBefore else { return }
    let now = difference(kind, planned, found).sighting
    let moved = rest.names.sorted().filter { now.attributes[$0] != sighting.attributes[$0] }
    guard moved.isEmpty else {
      throw .stale(
        moved.map { name in
          .moved(
            planned.address, name, from: sighting.attributes[name] ?? .null, to: now.attributes[name] ?? .null)
        })
    }
  }

  /// A difference that the plan would have refused, or made anew, is no matter for an update.
  private func mustBeChangeable(_ difference: Difference, _ desired: DesiredResource) throws(StepFailure) {
    let fixed = difference.attributes.filter { attribute in
      switch attribute.mutability {
      case .inPlace: false
      case .replace, .refuse: true
      }
    }
    guard fixed.isEmpty else {
      throw .stale(
        fixed.map { .moved(desired.address, $0.name, from: sighting?.attributes[$0.name] ?? .null, to: $0.old) })
    }
  }
}
