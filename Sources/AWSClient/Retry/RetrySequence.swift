// SPDX-License-Identifier: Apache-2.0

package import Core

/// One attempt's failure with what bears on the next.
package struct AttemptFailure: Sendable, Hashable {
  package var error: CallError
  package var isTimeout: Bool
  /// What was asked for may have been carried out all the same.
  package var isInDoubt: Bool
  /// The service's own wish, from `Retry-After` or `x-amzn-RetryAfter`.
  package var retryAfter: Duration?
  /// The server's date less ours, in seconds; nil when there was no answer or no readable date.
  package var clockOffset: Double?

  package init(
    _ error: CallError, isTimeout: Bool = false, isInDoubt: Bool = false, retryAfter: Duration? = nil,
    clockOffset: Double? = nil
  ) {
    self.error = error
    self.isTimeout = isTimeout
    self.isInDoubt = isInDoubt
    self.retryAfter = retryAfter
    self.clockOffset = clockOffset
  }
}

/// The attempts of one call: told how each failed, it says what to do next. No clock, no chance, no I/O.
package struct RetrySequence: Sendable {
  package enum Decision: Sendable, Hashable {
    case wait(Duration)
    /// Sign again with the server's date.
    case correctClock(by: Double)
    /// Fetch new credentials, then sign again.
    case refreshCredentials
    case giveUp
  }

  package private(set) var attempt = 1
  /// Of the budget, to be given back on success.
  package private(set) var spent = 0
  private let policy: RetryPolicy
  private var hasCorrectedClock = false
  private var hasRefreshedCredentials = false
  private var wasInDoubt = false

  package init(_ policy: RetryPolicy) {
    self.policy = policy
  }

  package mutating func failed(
    _ failure: AttemptFailure, budget: inout RetryBudget, random: Double
  ) -> Decision {
    wasInDoubt = wasInDoubt || failure.isInDoubt
    if let offset = skew(failure), !hasCorrectedClock {
      hasCorrectedClock = true
      attempt += 1
      return .correctClock(by: offset)
    }
    if ErrorCodes.expiredCredentials.contains(failure.error.code), !hasRefreshedCredentials {
      hasRefreshedCredentials = true
      attempt += 1
      return .refreshCredentials
    }
    guard isRepeatable(failure.error.category), attempt < policy.maximumAttempts else { return .giveUp }
    let cost = RetryBudget.cost(isTimeout: failure.isTimeout)
    guard budget.spend(cost) else { return .giveUp }
    spent += cost
    let isThrottled = failure.error.category == .throttled
    let pause = policy.pause(afterAttempt: attempt, isThrottled: isThrottled, random: random)
    attempt += 1
    return .wait(max(pause, min(failure.retryAfter ?? .zero, policy.cap)))
  }

  /// What the call as a whole came to, of which this is the last attempt's error.
  ///
  /// Not every service that takes a token answers a repetition as it answered the first: some say that the thing is there
  /// already. That may be the work of an attempt whose answer was lost, and only a look can tell.
  package func verdict(_ error: CallError) -> CallError {
    guard wasInDoubt, error.category == .alreadyExists else { return error }
    var error = error
    error.category = .ambiguous
    return error
  }

  private func isRepeatable(_ category: CallError.Category) -> Bool {
    switch category {
    case .throttled, .unavailable: true
    case .notFound, .alreadyExists, .conflict, .invalid, .denied, .ambiguous, .cancelled: false
    }
  }

  /// How far our clock is off, when that is why the call was refused. A signature may be five minutes old; some codes are
  /// also given for plainly wrong signatures, so the dates have to differ as well.
  private func skew(_ failure: AttemptFailure) -> Double? {
    guard ErrorCodes.skewedClock.contains(failure.error.code), let offset = failure.clockOffset, abs(offset) > 240
    else { return nil }
    return offset
  }
}
