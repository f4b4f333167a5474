// SPDX-License-Identifier: Apache-2.0

package import Core

/// The order of the work, as a value: told what happened, it says what to do next. No I/O, no clock.
///
/// A step starts when all it needs is done and there is room. A step that fails takes those that need it with it; the
/// rest goes on. A failure that may pass is tried again, later each time, until the step's patience ends. After
/// `cancelled` nothing new starts and what is under way ends.
package struct Execution: Sendable {
  package enum Command: Sendable, Hashable {
    /// Answered by `ended`.
    case start(Step.ID, attempt: Int)
    /// Answered by `due`, after that time.
    case wake(Step.ID, after: Duration, because: CallError)
    /// To be told; not answered.
    case skipped(Step.ID, because: Step.ID)
    case finish(Verdict)
  }

  package enum Outcome: Sendable, Hashable {
    case done
    case failed(StepFailure)
  }

  private enum Status: Hashable {
    case waiting(forSteps: Int)
    case ready
    case running
    /// Tried, and to be tried again when `due`.
    case resting
    case ended(Verdict.Ending)
  }

  private let dependants: [Step.ID: [Step.ID]]
  private let limits: Limits
  private let patience: [Step.ID: Duration]
  private var backoff: Backoff
  private var status: [Step.ID: Status]
  /// Sorted, the next one last.
  private var ready: [Step.ID] = []
  private var attempts: [Step.ID: Int] = [:]
  private var firstFailures: [Step.ID: Duration] = [:]
  private var running = 0
  private var runningByService: [String: Int] = [:]
  private var isStopping = false
  private var isFinished = false

  /// - Parameter patience: for how long a step that fails in a way that may pass is tried again.
  /// - Precondition: every step's needs are steps.
  package init(
    _ steps: [Step], limits: Limits = Limits(), patience: [Step.ID: Duration] = [:], backoff: Backoff = Backoff()
  ) {
    self.limits = limits
    self.patience = patience
    self.backoff = backoff
    status = Dictionary(uniqueKeysWithValues: steps.map { ($0.id, .waiting(forSteps: $0.needs.count)) })
    var dependants: [Step.ID: [Step.ID]] = [:]
    for step in steps {
      for needed in step.needs {
        precondition(status[needed] != nil, "\(step.id) needs \(needed), which is no step")
        dependants[needed, default: []].append(step.id)
      }
    }
    self.dependants = dependants.mapValues { $0.sorted() }
  }

  // MARK: Events

  package mutating func started() -> [Command] {
    ready = status.filter { $0.value == .waiting(forSteps: 0) }.keys.sorted(by: >)
    for id in ready { status[id] = .ready }
    return next()
  }

  /// - Parameter now: time since the run began.
  package mutating func ended(_ id: Step.ID, _ outcome: Outcome, at now: Duration) -> [Command] {
    precondition(status[id] == .running, "\(id) ended and was not running")
    running -= 1
    runningByService[id.address.kind.service, default: 0] -= 1
    switch outcome {
    case .done:
      status[id] = .ended(.done)
      for dependant in dependants[id] ?? [] { release(dependant) }
      return next()
    case .failed(let failure):
      if case .call(let error) = failure, let pause = pause(before: id, after: error, at: now) {
        status[id] = .resting
        return [.wake(id, after: pause, because: error)] + next()
      }
      if isStopping, case .call(let error) = failure, error.mayPass {
        // It would have been tried again: like one that rests, it is given up and not failed.
        status[id] = .ended(.cancelled)
        return next()
      }
      status[id] = .ended(.failed(failure))
      let skipped = skipDependants(of: id)
      if failure.endsTheRun { stop() }
      return skipped + next()
    }
  }

  /// The pause that `wake` asked for is over.
  package mutating func due(_ id: Step.ID) -> [Command] {
    // It may have been given up in the meantime.
    guard status[id] == .resting else { return [] }
    status[id] = .ready
    insert(id)
    return next()
  }

  /// No new step is to start; what is under way may end.
  package mutating func cancelled() -> [Command] {
    stop()
    return next()
  }

  /// Whether the step has come to its end by failing, so that nothing will try it again.
  package func hasFailed(_ id: Step.ID) -> Bool {
    if case .ended(.failed) = status[id] { true } else { false }
  }

  // MARK: Decisions

  private mutating func next() -> [Command] {
    guard !isFinished else { return [] }
    var commands: [Command] = []
    var held: [Step.ID] = []
    while running < limits.total, let id = ready.popLast() {
      let service = id.address.kind.service
      guard runningByService[service, default: 0] < limits.of(service) else {
        held.append(id)
        continue
      }
      runningByService[service, default: 0] += 1
      running += 1
      status[id] = .running
      let attempt = attempts[id, default: 0] + 1
      attempts[id] = attempt
      commands.append(.start(id, attempt: attempt))
    }
    ready += held.reversed()
    let endings = status.compactMapValues { if case .ended(let ending) = $0 { ending } else { nil } }
    if endings.count == status.count {
      isFinished = true
      commands.append(.finish(Verdict(endings: endings)))
    }
    return commands
  }

  private mutating func release(_ id: Step.ID) {
    guard case .waiting(let count) = status[id] else { return }
    if count > 1 {
      status[id] = .waiting(forSteps: count - 1)
    } else {
      status[id] = .ready
      insert(id)
    }
  }

  private mutating func insert(_ id: Step.ID) {
    ready.insert(id, at: ready.firstIndex { $0 < id } ?? ready.endIndex)
  }

  /// nil when there is no point in another attempt, or no time left for it.
  private mutating func pause(before id: Step.ID, after error: CallError, at now: Duration) -> Duration? {
    guard let patience = error.patience(within: patience[id, default: .zero]), !isStopping else { return nil }
    let since = firstFailures[id] ?? now
    firstFailures[id] = since
    let pause = backoff.pause(after: attempts[id, default: 1])
    return now + pause - since <= patience ? pause : nil
  }

  private mutating func skipDependants(of failed: Step.ID) -> [Command] {
    var commands: [Command] = []
    var open = dependants[failed] ?? []
    while let id = open.popLast() {
      guard case .waiting = status[id] else { continue }
      status[id] = .ended(.skipped(because: failed))
      commands.append(.skipped(id, because: failed))
      open += dependants[id] ?? []
    }
    return commands
  }

  private mutating func stop() {
    isStopping = true
    ready = []
    status = status.mapValues { state in
      switch state {
      case .waiting, .ready, .resting: .ended(.cancelled)
      case .running, .ended: state
      }
    }
  }
}
