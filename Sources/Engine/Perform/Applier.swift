// SPDX-License-Identifier: Apache-2.0

package import Core

/// Performs what `Execution` commands. Everything interesting is decided there and in `StepRunner`.
package struct Applier<C: Clock<Duration>>: Sendable {
  package typealias Report = @Sendable (Progress) -> Void

  private let kinds: [KindName: Kind]
  private let clock: C
  private let limits: Limits
  private let seed: UInt64

  /// - Parameter seed: of the randomness in pauses.
  package init(_ kinds: [Kind], clock: C, limits: Limits = Limits(), seed: UInt64) {
    self.kinds = Dictionary(kinds.map { ($0.name, $0) }) { first, _ in first }
    self.clock = clock
    self.limits = limits
    self.seed = seed
  }

  /// Carries out a plan that was decided just now.
  ///
  /// Cancelling the surrounding task cuts calls short; `cancellation` lets those under way come to their end.
  package func apply(_ decision: Decision, cancellation: Cancellation, report: @escaping Report) async -> Verdict {
    guard !decision.plan.isEmpty else { return Verdict(endings: [:]) }
    return await withTaskGroup(of: Happening.self) { group in
      var run = Run(decision, kinds, clock: clock, limits: limits, seed: seed, report: report)
      group.addTask { await cancellation.requested() ? .cancelRequested : .nothing }
      var commands = run.execution.started()
      while true {
        for command in commands {
          switch command {
          case .start(let id, let attempt):
            let runner = run.begin(id, attempt: attempt)
            group.addTask { .ended(id, await runner.outcome()) }
          case .wake(let id, let pause, let error):
            run.tell(id, .retrying(because: error, after: pause))
            group.addTask { [clock] in
              // Ended early only when the whole run is: then nobody listens.
              try? await clock.sleep(for: pause)
              return .due(id)
            }
          case .skipped(let id, let failed):
            run.tell(id, .skipped(because: failed))
          case .finish(let verdict):
            group.cancelAll()
            return run.close(verdict)
          }
        }
        // The execution finishes before the last task can end: there is always a next one.
        guard let happening = await group.next() else { preconditionFailure("the run ended without a verdict") }
        // Asked for here too: between the request and its happening nothing new may start.
        commands = cancellation.isRequested ? run.execution.cancelled() : []
        commands += run.handle(happening)
      }
    }
  }
}

/// What the run's loop waits for.
private enum Happening: Sendable {
  case ended(Step.ID, StepOutcome)
  case due(Step.ID)
  case cancelRequested
  case nothing
}

private enum StepOutcome: Sendable {
  case done(StepResult)
  case failed(StepFailure)
}

extension StepRunner {
  fileprivate func outcome() async -> StepOutcome {
    do throws(StepFailure) {
      return .done(try await run())
    } catch {
      return .failed(error)
    }
  }
}

/// What is known while a run goes on; touched by the loop alone.
private struct Run<C: Clock<Duration>> {
  var execution: Execution

  private let decision: Decision
  private let kinds: [KindName: Kind]
  private let clock: C
  private let report: Applier<C>.Report
  private let start: C.Instant
  private let steps: [Step.ID: Step]
  private var starts: [Step.ID: C.Instant] = [:]
  private var live: [Address: Observation]
  private let footprints: [Step.ID: Footprint]
  private var departures: [Step.ID: Departure] = [:]

  init(
    _ decision: Decision, _ kinds: [KindName: Kind], clock: C, limits: Limits, seed: UInt64,
    report: @escaping Applier<C>.Report
  ) {
    self.decision = decision
    self.kinds = kinds
    self.clock = clock
    self.report = report
    start = clock.now
    steps = Dictionary(uniqueKeysWithValues: decision.plan.steps.map { ($0.id, $0) })
    footprints = steps.mapValues { _ in Footprint() }
    live = decision.live
    let patience = steps.mapValues { step in
      let patience = kinds[step.id.address.kind]?.patience ?? Patience()
      return step.id.verb == .delete ? patience.gone : patience.ready
    }
    execution = Execution(
      decision.plan.steps, limits: limits, patience: patience, backoff: Backoff(seed: seed))
  }

  mutating func begin(_ id: Step.ID, attempt: Int) -> StepRunner<C> {
    let started = starts[id] ?? clock.now
    starts[id] = started
    tell(id, .started(attempt: attempt))
    guard let step = steps[id], let footprint = footprints[id], let kind = kinds[id.address.kind] else {
      preconditionFailure("\(id) is no step of the plan, or of no known kind")
    }
    let resource = id.verb == .delete ? nil : decision.graph.resources[id.address]
    // A destroy has not resolved what it deletes; the key by which a kind finds it may depend on it.
    let planned = decision.desired[id.address] ?? decision.graph.resources[id.address].map { kind.resolve($0, outputs) }
    return StepRunner(
      step: step, footprint: footprint, wroteBefore: footprint.isThere,
      beginsStack: decision.live.isEmpty && step.needs.isEmpty, kind: kind,
      stack: decision.plan.stack, desired: resource.map { kind.resolve($0, outputs) },
      planned: planned, sighting: decision.plan.sightings[id.address],
      ignoring: spokenFor(id),
      parents: kind.parent.map(observations) ?? [], clock: clock,
      report: { [report, clock] status in
        report(Progress(step: id, event: .waiting(status: status), elapsed: started.duration(to: clock.now)))
      })
  }

  /// Ids that are not the step's: of other addresses of its kind, and of the old one beside which it makes a new one.
  private func spokenFor(_ id: Step.ID) -> Set<String> {
    var ids = Set(
      decision.live.filter { $0.key.kind == id.address.kind && $0.key != id.address }.map(\.value.id))
    let isBeside = steps[Step.ID(.delete, id.address)]?.needs.contains(id) == true
    if isBeside, let old = decision.live[id.address] { ids.insert(old.id) }
    return ids
  }

  mutating func handle(_ happening: Happening) -> [Execution.Command] {
    switch happening {
    case .nothing: return []
    case .cancelRequested: return execution.cancelled()
    case .due(let id): return execution.due(id)
    case .ended(let id, .done(let result)):
      note(result, after: id)
      return execution.ended(id, .done, at: start.duration(to: clock.now))
    case .ended(let id, .failed(let failure)):
      let commands = execution.ended(id, .failed(failure), at: start.duration(to: clock.now))
      if execution.hasFailed(id) { tell(id, .failed(failure)) }
      return commands
    }
  }

  /// Tells what is only known for certain at the end.
  func close(_ verdict: Verdict) -> Verdict {
    for (id, ending) in verdict.endings.sorted(by: { $0.key < $1.key }) {
      switch ending {
      case .cancelled: tell(id, .cancelled)
      case .done, .failed, .skipped: continue
      }
    }
    return Verdict(endings: verdict.endings, departures: departures)
  }

  func tell(_ id: Step.ID, _ event: Progress.Event) {
    let elapsed = starts[id].map { $0.duration(to: clock.now) } ?? .zero
    report(Progress(step: id, event: event, elapsed: elapsed))
  }

  private mutating func note(_ result: StepResult, after id: Step.ID) {
    switch result {
    case .live(let observation):
      live[id.address] = observation
      tell(id, .done)
    case .left(let departure):
      // The delete of an old one that was replaced beside leaves the new one.
      if live[id.address]?.id == steps[id]?.target { live[id.address] = nil }
      departures[id] = departure
      tell(id, .departed(departure))
    }
  }

  private func observations(of kind: KindName) -> [Observation] {
    live.filter { $0.key.kind == kind }.sorted { $0.key < $1.key }.map(\.value)
  }

  private var outputs: [OutputID: Value] {
    var outputs: [OutputID: Value] = [:]
    for (address, observation) in live {
      for (name, value) in observation.outputs { outputs[OutputID(address, name)] = value }
    }
    return outputs
  }
}
