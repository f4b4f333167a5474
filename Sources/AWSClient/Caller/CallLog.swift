// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Counts what a client has called; read at the end of a run.
package final class CallLog: Sendable {
  /// Of one operation.
  package struct Statistics: Sendable, Hashable {
    /// Calls that were asked for.
    package var calls = 0
    /// Requests that were sent for them.
    package var attempts = 0
    package var failures = 0
    /// Answers that said "too fast".
    package var throttles = 0
    /// From each call's start to its end, waiting included, added up.
    package var duration = Duration.zero
  }

  private let table = Guarded([String: Statistics]())

  package init() {}

  /// By operation, as in `rds CreateDBCluster`.
  package var statistics: [String: Statistics] { table.withLock { $0 } }

  package var total: Statistics {
    statistics.values.reduce(into: Statistics()) { total, next in
      total.calls += next.calls
      total.attempts += next.attempts
      total.failures += next.failures
      total.throttles += next.throttles
      total.duration += next.duration
    }
  }

  func attempted(_ operation: OperationModel, isThrottled: Bool) {
    table.withLock {
      $0[operation.fullName, default: Statistics()].attempts += 1
      if isThrottled { $0[operation.fullName, default: Statistics()].throttles += 1 }
    }
  }

  func ended(_ operation: OperationModel, succeeded: Bool, after duration: Duration) {
    table.withLock {
      $0[operation.fullName, default: Statistics()].calls += 1
      if !succeeded { $0[operation.fullName, default: Statistics()].failures += 1 }
      $0[operation.fullName, default: Statistics()].duration += duration
    }
  }
}
