// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What becomes of a transaction, for everybody who waits for it.
final class Ticket: Sendable {
  private typealias Storing = Result<Void, ReplayError>
  private typealias Waiter = CheckedContinuation<Outcome?, Never>

  private struct State {
    /// What came of putting it into the buffer.
    var storing: Storing?
    var storers: [CheckedContinuation<Storing, Never>] = []
    var ending: Outcome?
    var waiters: [Int: Waiter] = [:]
    var count = 0
    /// Stopped before they had begun to wait.
    var stopped: Set<Int> = []
  }

  private let state = Guarded(State())

  /// - Parameter outcome: of one that the buffer need not have.
  init(_ outcome: Outcome? = nil) {
    guard let outcome else { return }
    endStoring(.success(()))
    end(outcome)
  }

  // MARK: Storing

  func endStoring(_ storing: Result<Void, ReplayError>) {
    let storers = state.withLock { state in
      state.storing = storing
      defer { state.storers = [] }
      return state.storers
    }
    for storer in storers { storer.resume(returning: storing) }
  }

  /// Returns when it is durable; throws when nothing of it was taken.
  func stored() async throws(ReplayError) {
    let storing = await withCheckedContinuation { (storer: CheckedContinuation<Storing, Never>) in
      let storing = state.withLock { state in
        if state.storing == nil { state.storers.append(storer) }
        return state.storing
      }
      if let storing { storer.resume(returning: storing) }
    }
    try storing.get()
  }

  // MARK: Ending

  /// nil as long as it is not known.
  var ending: Outcome? { state.withLock { $0.ending } }

  /// The first ending stays.
  func end(_ ending: Outcome) {
    let waiters = state.withLock { state in
      guard state.ending == nil else { return [Waiter]() }
      state.ending = ending
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: ending) }
  }

  /// `pending` when `time` is over before it is known, or the task is cancelled.
  func outcome(within time: Duration, _ clock: ReplayClock) async -> Outcome {
    if let ending { return ending }
    let ending = await withTaskGroup(of: Outcome?.self) { group in
      group.addTask { await self.wait() }
      group.addTask {
        await clock.sleep(time)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    return ending ?? self.ending ?? .pending
  }

  /// nil when the task is cancelled.
  private func wait() async -> Outcome? {
    let number = state.withLock { state in
      state.count += 1
      return state.count
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: Waiter) in
        let (isOver, ending) = state.withLock { state -> (Bool, Outcome?) in
          if state.stopped.remove(number) != nil || state.ending != nil { return (true, state.ending) }
          state.waiters[number] = waiter
          return (false, nil)
        }
        if isOver { waiter.resume(returning: ending) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        let waiter = state.waiters.removeValue(forKey: number)
        if waiter == nil { state.stopped.insert(number) }
        return waiter
      }
      waiter?.resume(returning: nil)
    }
  }
}

/// The clocks that a client looks at and waits on; tests hand in their own.
struct ReplayClock: Sendable {
  /// Unix seconds.
  var unix: @Sendable () -> Double
  /// Since some fixed moment; never jumps.
  var moment: @Sendable () -> Duration
  /// Ends early when the task is cancelled.
  var sleep: @Sendable (Duration) async -> Void
}
