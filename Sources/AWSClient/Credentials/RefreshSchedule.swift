// SPDX-License-Identifier: Apache-2.0

/// When credentials are to be replaced: a value, decided by the time that the caller brings.
struct RefreshSchedule: Sendable, Hashable {
  enum Decision: Sendable, Hashable {
    case use
    /// Better replaced now; if that fails they still serve.
    case refreshSoon
    /// Not to be used any more.
    case refreshFirst
  }

  private let expiration: Timestamp?
  private let advisory: Double
  private let mandatory: Double
  private var notBefore = -Double.infinity

  /// - Parameters:
  ///   - received: when they came; how long they last is known only from this.
  ///   - random: in 0 ..< 1; spreads out the processes that all began together.
  init(expiration: Timestamp?, received: Timestamp, random: Double) {
    self.expiration = expiration
    let lifetime = max(0, (expiration?.secondsSinceEpoch ?? 0) - received.secondsSinceEpoch)
    // A quarter of an hour before the end, as AWS's tools do, but not at once for those that live a quarter of an hour.
    advisory = min(900, lifetime / 4) * (1 + 0.2 * random)
    // Enough for a request to be made, sent and looked at.
    mandatory = min(60, lifetime / 20)
  }

  func decide(at now: Timestamp) -> Decision {
    guard let expiration else { return .use }
    let left = expiration.secondsSinceEpoch - now.secondsSinceEpoch
    if left <= mandatory { return .refreshFirst }
    return left <= advisory && now.secondsSinceEpoch >= notBefore ? .refreshSoon : .use
  }

  /// Still good for a request that is sent at once, whatever should be done about the next one.
  func isValid(at now: Timestamp) -> Bool {
    guard let expiration else { return true }
    return now < expiration
  }

  /// The source is not asked again for a minute, so that every call does not wait for it in vain.
  mutating func refreshFailed(at now: Timestamp) {
    notBefore = now.secondsSinceEpoch + 60
  }
}
