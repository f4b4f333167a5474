// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The clocks that a client looks at and waits on; tests hand in their own.
package struct TimeSource: Sendable {
  /// The machine's idea of the date, for signatures and expirations.
  package var now: @Sendable () -> Timestamp
  /// Time since some fixed moment; never jumps.
  package var uptime: @Sendable () -> Duration
  package var sleep: @Sendable (Duration) async throws(CancellationError) -> Void

  package init(
    now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration,
    sleep: @escaping @Sendable (Duration) async throws(CancellationError) -> Void
  ) {
    self.now = now
    self.uptime = uptime
    self.sleep = sleep
  }

  package static let system = TimeSource(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Timestamp(secondsSinceEpoch: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    },
    uptime: {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    },
    sleep: { duration throws(CancellationError) in
      do {
        try await Task.sleep(for: duration)
      } catch {
        throw CancellationError()
      }
    })
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
