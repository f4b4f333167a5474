// SPDX-License-Identifier: Apache-2.0

import AWSClient

/// A clock on which a second passes in ten milliseconds.
struct HastyClock: Clock {
  static let haste = 100

  struct Instant: InstantProtocol {
    let offset: Duration

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private static let start = ContinuousClock.now

  var now: Instant { Instant(offset: (ContinuousClock.now - Self.start) * Self.haste) }
  var minimumResolution: Duration { .microseconds(100) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try await Task.sleep(for: now.duration(to: deadline) / Self.haste)
  }
}

extension TimeSource {
  /// The right date; pauses are a hundredth of what they should be.
  static let hasty = TimeSource(now: TimeSource.system.now, uptime: TimeSource.system.uptime) {
    (duration) throws(CancellationError) in try await TimeSource.system.sleep(duration / HastyClock.haste)
  }
}
