// SPDX-License-Identifier: Apache-2.0

/// Lets a burst through and then a steady rate, in the order of asking. A value: the caller brings the time.
package struct TokenBucket: Sendable, Hashable {
  /// Per second.
  package let rate: Double
  package let burst: Double
  /// Below zero while callers wait for their turn.
  private var tokens: Double
  private var updated: Duration

  package init(rate: Double, burst: Double, at now: Duration) {
    self.rate = rate
    self.burst = burst
    tokens = burst
    updated = now
  }

  /// Takes the next turn and says how long it is until then.
  package mutating func take(at now: Duration) -> Duration {
    refill(at: now)
    tokens -= 1
    return tokens >= 0 ? .zero : .nanoseconds(Int((-tokens / rate * 1e9).rounded(.up)))
  }

  /// A turn that was taken is not used after all.
  package mutating func giveBack(at now: Duration) {
    refill(at: now)
    tokens = min(burst, tokens + 1)
  }

  /// The service says that it is too much: whoever asks next waits for a turn.
  package mutating func drain(at now: Duration) {
    refill(at: now)
    tokens = min(tokens, 0)
  }

  private mutating func refill(at now: Duration) {
    guard now > updated else { return }
    tokens = min(burst, tokens + (now - updated).seconds * rate)
    updated = now
  }
}
