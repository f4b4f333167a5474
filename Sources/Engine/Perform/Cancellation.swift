// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A request, made once and from anywhere (a signal handler's task, a test), that nothing new be started.
package final class Cancellation: Sendable {
  private struct State {
    var isRequested = false
    var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
    /// Waiters whose task was cancelled before they began to wait.
    var givenUp: Set<Int> = []
    var nextWaiter = 0
  }

  private let state = Guarded(State())

  package init() {}

  package var isRequested: Bool { state.withLock { $0.isRequested } }

  package func request() {
    let waiters = state.withLock { state in
      state.isRequested = true
      defer { state.waiters = [:] }
      return state.waiters.values.map { $0 }
    }
    for waiter in waiters { waiter.resume(returning: true) }
  }

  /// Waits for the request; false when the waiting task is cancelled first.
  package func requested() async -> Bool {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let answer = state.withLock { state -> Bool? in
          if state.isRequested { return true }
          if state.givenUp.remove(id) != nil { return false }
          state.waiters[id] = waiter
          return nil
        }
        if let answer { waiter.resume(returning: answer) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        let waiter = state.waiters.removeValue(forKey: id)
        if waiter == nil { state.givenUp.insert(id) }
        return waiter
      }
      waiter?.resume(returning: false)
    }
  }
}
