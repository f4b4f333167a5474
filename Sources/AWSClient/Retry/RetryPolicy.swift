// SPDX-License-Identifier: Apache-2.0

/// How often and how fast a failed call is repeated: AWS's standard mode, with more patience for throttling.
package struct RetryPolicy: Sendable, Hashable {
  /// The first one included.
  package var maximumAttempts: Int
  package var base: Duration
  package var throttledBase: Duration
  package var cap: Duration

  package init(
    maximumAttempts: Int = 5, base: Duration = .milliseconds(100), throttledBase: Duration = .milliseconds(500),
    cap: Duration = .seconds(20)
  ) {
    self.maximumAttempts = maximumAttempts
    self.base = base
    self.throttledBase = throttledBase
    self.cap = cap
  }

  /// The pause before the next attempt: full jitter under a bound that doubles with each attempt.
  ///
  /// - Parameters:
  ///   - attempt: the one that failed, from 1.
  ///   - random: in 0 ..< 1.
  package func pause(afterAttempt attempt: Int, isThrottled: Bool, random: Double) -> Duration {
    let first = isThrottled ? throttledBase : base
    let bound = min(cap.seconds, first.seconds * Double(1 << min(attempt - 1, 20)))
    return .milliseconds(Int(bound * 1000 * random))
  }
}

/// What a client may still spend on repeating calls: when everything fails, repeating it all makes things worse.
///
/// The costs are those of AWS's SDKs: 500 to begin with, 5 for a retry, 10 after a timeout; a success gives back what the
/// call had spent, and a success at the first attempt gives 1.
package struct RetryBudget: Sendable, Hashable {
  package static let capacity = 500
  package private(set) var tokens = capacity

  package init() {}

  /// false when there is not enough left, and then nothing is taken.
  package mutating func spend(_ cost: Int) -> Bool {
    guard tokens >= cost else { return false }
    tokens -= cost
    return true
  }

  /// - Parameter spent: what the call that has now succeeded had cost.
  package mutating func callSucceeded(havingSpent spent: Int) {
    tokens = min(Self.capacity, tokens + max(spent, 1))
  }

  package static func cost(isTimeout: Bool) -> Int { isTimeout ? 10 : 5 }
}
