// SPDX-License-Identifier: Apache-2.0

/// Pauses that many clients do not take in step: decorrelated jitter, each between `base` and three times the one before,
/// and never above `cap` (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
struct Jitter: Sendable {
  let base: Duration
  let cap: Duration
  /// In 0 ..< 1.
  let random: @Sendable () -> Double

  func next(after previous: Duration?) -> Duration {
    min(cap, within(base, (previous ?? base) * 3))
  }

  func within(_ low: Duration, _ high: Duration) -> Duration { low + (high - low) * random() }
}
