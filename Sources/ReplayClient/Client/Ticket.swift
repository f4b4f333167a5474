// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What becomes of a transaction, for everybody who waits for it.
final class Ticket: Sendable {
  typealias Ending = Result<Outcome, ReplayError>
  private typealias Waiter = CheckedContinuation<Ending?, Never>

  private struct State {
    var ending: Ending?
    var waiters: [Int: Waiter] = [:]
    var count = 0
    /// Stopped before they had begun to wait.
    var stopped: Set<Int> = []
  }

  private let state = Guarded(State())

  init(_ outcome: Outcome? = nil) {
    if let outcome { end(.success(outcome)) }
  }

  /// nil as long as it is not known.
  var ending: Ending? { state.withLock { $0.ending } }

  /// The first ending stays.
  func end(_ ending: Ending) {
    let waiters = state.withLock { state in
      guard state.ending == nil else { return [Waiter]() }
      state.ending = ending
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: ending) }
  }

  /// `pending` when `time` is over before it is known, or the task is cancelled.
  func outcome(within time: Duration, _ clock: ReplayClock) async throws(ReplayError) -> Outcome {
    if let ending { return try ending.get() }
    let ending = await withTaskGroup(of: Ending?.self) { group in
      group.addTask { await self.wait() }
      group.addTask {
        await clock.sleep(time)
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    return try (ending ?? self.ending ?? .success(.pending)).get()
  }

  /// nil when the task is cancelled.
  private func wait() async -> Ending? {
    let number = state.withLock { state in
      state.count += 1
      return state.count
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: Waiter) in
        let (isOver, ending) = state.withLock { state -> (Bool, Ending?) in
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
