// SPDX-License-Identifier: Apache-2.0

internal import Core

/// One request and the task that waits for its answer: where the waiting task and the transfer thread meet.
///
/// Whoever settles first wins, so a cancellation that races with the answer resumes the task once.
final class Exchange: Sendable {
  typealias Outcome = Result<HTTPResponse, TransportError>

  let request: HTTPRequest
  let deadlines: Deadlines
  private let state = Guarded(State.idle)

  private enum State {
    case idle
    case cancelledEarly
    case waiting(CheckedContinuation<Outcome, Never>, isCancelled: Bool)
    case settled
  }

  /// The task was cancelled before its transfer began; the two messages may have overtaken each other.
  var isCancelled: Bool {
    state.withLock { state in
      switch state {
      case .idle, .settled: false
      case .cancelledEarly: true
      case .waiting(_, let isCancelled): isCancelled
      }
    }
  }

  init(_ request: HTTPRequest, _ deadlines: Deadlines) {
    self.request = request
    self.deadlines = deadlines
  }

  /// Keeps the continuation; false when the task was cancelled before it began to wait, and has been resumed.
  func begin(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
    let isCancelled = state.withLock { state in
      if case .cancelledEarly = state {
        state = .settled
        return true
      }
      state = .waiting(continuation, isCancelled: false)
      return false
    }
    if isCancelled { continuation.resume(returning: .failure(.cancelled(.notSent))) }
    return !isCancelled
  }

  /// Notes the wish to stop; true when a transfer may be under way and has to be told.
  func cancel() -> Bool {
    state.withLock { state in
      switch state {
      case .idle:
        state = .cancelledEarly
        return false
      case .waiting(let continuation, _):
        state = .waiting(continuation, isCancelled: true)
        return true
      case .cancelledEarly, .settled: return false
      }
    }
  }

  func settle(_ outcome: Outcome) {
    let continuation: CheckedContinuation<Outcome, Never>? = state.withLock { state in
      guard case .waiting(let continuation, _) = state else { return nil }
      state = .settled
      return continuation
    }
    continuation?.resume(returning: outcome)
  }
}

extension TransportError {
  static func cancelled(_ progress: Progress) -> TransportError {
    TransportError(.cancelled, progress, "the call was cancelled")
  }
}
