// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Core

/// A clock that moves only when somebody sleeps, a hundred times as fast as they think.
///
/// What runs out on it runs out after so many looks, however busy the machine is.
final class HastyClock: Clock {
  static let haste = 100

  struct Instant: InstantProtocol {
    let offset: Duration

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
  }

  private let time = Guarded(Instant(offset: .zero))

  var now: Instant { time.withLock(\.self) }
  var minimumResolution: Duration { .nanoseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try await Task.sleep(for: now.duration(to: deadline) / Self.haste)
    time.withLock { $0 = max($0, deadline) }
  }
}

extension TimeSource {
  /// The right date; pauses are a hundredth of what they should be.
  static let hasty = TimeSource(now: TimeSource.system.now, uptime: TimeSource.system.uptime) {
    (duration) throws(CancellationError) in try await TimeSource.system.sleep(duration / HastyClock.haste)
  }
}
