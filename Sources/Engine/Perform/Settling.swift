// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Looks at one resource, less and less often, until it is ready and as desired; changes what is left over on the way.
struct Settling<C: Clock<Duration>> {
  let runner: StepRunner<C>
  let desired: DesiredResource
  /// The create that may or may not have happened: when nothing shows up, it has not.
  private var createInDoubt: Doubt?
  /// The last update, when it may or may not have happened.
  private var updateInDoubt: Doubt?
  /// The bad health in which it was found: our change may be the cure, so that it alone is no reason to give up.
  var knownIll: String?

  /// What AWS was asked for in this step, by the create and all updates.
  private var asked: Set<String> = []
  /// What the last update sent.
  private var sent: Set<String> = []
  private var rounds = 0
  /// When the last update was sent, since the watch began.
  private var updated = Duration.zero
  /// Looks since the create that showed nothing.
  private var emptyLooks = 0
  /// Looks since the last update that showed it ready and not as desired.
  private var unchangedLooks = 0

  init(runner: StepRunner<C>, desired: DesiredResource) {
    self.runner = runner
    self.desired = desired
  }

  /// A create was sent: it asked for everything.
  mutating func created(doubt: Doubt?) {
    createInDoubt = doubt
    asked = Set(runner.kind.schema.map(\.name))
  }

  private static var longestRounds: Int { 3 }
  /// AWS goes on showing the old values, and `available`, for some seconds after it has taken a change.
  private static var patientLooks: Int { 6 }

  private enum Look {
    case settled(Observation)
    case absent
    case wait(String)
    /// The look failed in a way that may pass.
    case blind(CallError)
  }

  mutating func run() async throws(StepFailure) -> Observation {
    var watch = Watch(runner.clock, runner.kind.patience, limit: runner.kind.patience.ready)
    while true {
      let roundsBefore = rounds
      switch try await look(watch) {
      case .settled(let observation): return observation
      case .absent:
        emptyLooks += 1
        if let doubt = createInDoubt, doubt.isRefuted(after: emptyLooks, watch.elapsed) {
          runner.footprint.made = nil
          if let id = doubt.error.answeredID { runner.footprint.gone = id }
          throw verdict(on: doubt)
        }
        try await watch.pause(status: "not visible yet", because: createInDoubt?.error, runner.report)
      case .wait(let status):
        if rounds > roundsBefore { watch.hurry() }
        try await watch.pause(status: status, runner.report)
      case .blind(let error): try await watch.pause(after: error, runner.report)
      }
    }
  }

  /// Nothing of ours has shown up: the create had no effect.
  private func verdict(on doubt: Doubt) -> StepFailure {
    let error = doubt.error
    return error.category == .alreadyExists
      ? .ownership(.placeTaken(desired, error, stack: runner.stack)) : .call(error)
  }

  private mutating func look(_ watch: Watch<C>) async throws(StepFailure) -> Look {
    let found: Observation?
    do throws(StepFailure) {
      found = try await runner.lookNow(desired)
    } catch .call(let error) where error.mayPass {
      return .blind(error)
    }
    guard let found else { return .absent }
    // The look before the first create showed nothing, and no attempt of ours can have made it.
    if createInDoubt?.error.category == .alreadyExists, !runner.wroteBefore {
      throw .madeByAnother(desired.address, found, runner.stack)
    }
    createInDoubt = nil
    runner.footprint.made = Doubt(vanished: runner.kind)
    switch found.health {
    case .progressing(let status), .leaving(let status): return .wait(status)
    case .degraded(let status):
      guard status == knownIll else { throw .degraded(status) }
      let rest = runner.rest(of: desired, found)
      return rest.isEmpty ? .wait(status) : try await correct(found, rest, watch)
    case .ready:
      let rest = runner.rest(of: desired, found)
      return rest.isEmpty ? .settled(found) : try await correct(found, rest, watch)
    }
  }

  /// Sends what has not been sent; otherwise gives AWS time to show it, and sends it again only then.
  ///
  /// What AWS shows as taken is neither done nor to be sent again: a change of a class is `available` with the new value
  /// pending for some seconds before the restart begins, and the next member must not go down with this one.
  private mutating func correct(
    _ found: Observation, _ rest: Difference, _ watch: Watch<C>
  ) async throws(StepFailure) -> Look {
    let status = "settling \(rest.names.sorted().joined(separator: ", "))"
    let open = rest.names.subtracting(rest.queued.intersection(asked))
    guard !open.isEmpty else { return .wait(status) }
    unchangedLooks += 1
    if let doubt = updateInDoubt, doubt.isRefuted(after: unchangedLooks, watch.elapsed - updated) {
      throw .call(doubt.error)
    }
    let isNew = !open.subtracting(sent).isEmpty
    // While it is not known whether the last one was carried out, its error is not to be lost by sending the same again.
    guard isNew || updateInDoubt == nil && unchangedLooks > Self.patientLooks else { return .wait(status) }
    let isInPlace = rest.attributes.allSatisfy { if case .inPlace = $0.mutability { true } else { false } }
    guard isInPlace, rounds < Self.longestRounds else {
      // What cannot be changed in place may still be on its way after a create.
      guard unchangedLooks > Self.patientLooks else { return .wait(status) }
      throw .didNotConverge(rest.attributes)
    }
    rounds += 1
    sent = open
    asked.formUnion(open)
    unchangedLooks = 0
    updated = watch.elapsed
    updateInDoubt = nil
    runner.footprint.leave()
    do throws(CallError) {
      try await runner.kind.update(found, desired, open)
    } catch {
      guard error.leavesDoubt else { throw .call(error) }
      updateInDoubt = Doubt(repeatable: error)
    }
    return .wait(status)
  }
}

/// Pauses between looks, from the kind's first to its longest, within a limit.
struct Watch<C: Clock<Duration>> {
  private let clock: C
  private let patience: Patience
  private let limit: Duration
  private let start: C.Instant
  private var next: Duration

  init(_ clock: C, _ patience: Patience, limit: Duration) {
    self.clock = clock
    self.patience = patience
    self.limit = limit
    start = clock.now
    next = patience.firstLook
  }

  var elapsed: Duration { start.duration(to: clock.now) }

  /// Something was just changed: look soon again.
  mutating func hurry() {
    next = patience.firstLook
  }

  /// - Parameter error: what AWS last said against it, for when no time is left.
  mutating func pause(
    status: String, because error: CallError? = nil, _ report: (String) -> Void
  ) async throws(StepFailure) {
    let failure = StepFailure.timedOut(waitingFor: status, after: elapsed, because: error)
    try await pause(status: status, failure, report)
  }

  /// After a look that failed: when no time is left, that is why.
  mutating func pause(after error: CallError, _ report: (String) -> Void) async throws(StepFailure) {
    try await pause(status: error.code, .call(error), report)
  }

  private mutating func pause(
    status: String, _ failure: StepFailure, _ report: (String) -> Void
  ) async throws(StepFailure) {
    let elapsed = elapsed
    guard elapsed < limit else { throw failure }
    report(status)
    do {
      try await clock.sleep(for: min(next, limit - elapsed))
    } catch {
      throw .call(CallError(.cancelled, code: "Cancelled", message: "the run was ended while waiting"))
    }
    next = min(patience.longestPause, next * 2)
  }
}
