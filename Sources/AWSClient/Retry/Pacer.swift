// SPDX-License-Identifier: Apache-2.0

internal import Core

/// How fast each service is called.
package struct PaceTable: Sendable, Hashable {
  package struct Pace: Sendable, Hashable {
    /// Calls per second, in the long run.
    package var rate: Double
    /// Calls at once after a pause.
    package var burst: Double

    package init(rate: Double, burst: Double) {
      self.rate = rate
      self.burst = burst
    }
  }

  /// By the service's name; a service may pace its writes apart from its reads.
  private let reads: [String: Pace]
  private let writes: [String: Pace]
  private let other: Pace?

  package init(reads: [String: Pace] = [:], writes: [String: Pace] = [:], other: Pace? = nil) {
    self.reads = reads
    self.writes = writes
    self.other = other
  }

  /// Well under AWS's limits per account, so that other programs find room too. Route 53 allows 5 calls a second in all; KMS 5
  /// for creating keys and aliases; CloudWatch 3 for writing alarms; the others publish nothing for their control planes.
  package static let aws = PaceTable(
    reads: [
      "route53": Pace(rate: 3, burst: 5), "iam": Pace(rate: 5, burst: 15), "kms": Pace(rate: 20, burst: 40),
    ],
    writes: [
      "route53": Pace(rate: 3, burst: 5), "iam": Pace(rate: 5, burst: 15), "kms": Pace(rate: 3, burst: 5),
      "cloudwatch": Pace(rate: 2, burst: 3),
    ],
    other: Pace(rate: 8, burst: 24))

  /// For endpoints on this machine, which share nothing with anybody.
  package static let unlimited = PaceTable()

  func lane(_ service: String, isReadOnly: Bool) -> (key: String, pace: Pace)? {
    if writes[service] == reads[service] { return (reads[service] ?? other).map { (service, $0) } }
    let pace = isReadOnly ? reads[service] : writes[service]
    return (pace ?? other).map { ("\(service) \(isReadOnly ? "reads" : "writes")", $0) }
  }
}

/// Makes calls wait for their turn, first come, first served.
package final class Pacer: Sendable {
  private let table: PaceTable
  private let time: TimeSource
  private let buckets = Guarded([String: TokenBucket]())

  package init(_ table: PaceTable, time: TimeSource) {
    self.table = table
    self.time = time
  }

  /// Returns when it is this call's turn. A task that is cancelled while it waits gives its turn back.
  package func waitForTurn(_ operation: OperationModel) async throws(CancellationError) {
    guard let lane = table.lane(operation.service.name, isReadOnly: operation.isReadOnly) else { return }
    let pause = withBucket(lane) { $0.take(at: $1) }
    guard pause > .zero else { return }
    do {
      try await time.sleep(pause)
    } catch {
      withBucket(lane) { $0.giveBack(at: $1) }
      throw error
    }
  }

  /// The service refused the call as one too many.
  package func wasThrottled(_ operation: OperationModel) {
    guard let lane = table.lane(operation.service.name, isReadOnly: operation.isReadOnly) else { return }
    withBucket(lane) { $0.drain(at: $1) }
  }

  private func withBucket<Result>(
    _ lane: (key: String, pace: PaceTable.Pace), _ body: (inout TokenBucket, Duration) -> Result
  ) -> Result {
    buckets.withLock { buckets in
      // Read under the lock, so that turns are taken in the order of time.
      let now = time.uptime()
      return body(
        &buckets[lane.key, default: TokenBucket(rate: lane.pace.rate, burst: lane.pace.burst, at: now)], now)
    }
  }
}
