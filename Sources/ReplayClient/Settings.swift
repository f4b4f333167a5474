// SPDX-License-Identifier: Apache-2.0

/// What may be chosen about a client.
public struct ReplaySettings: Sendable, Hashable {
  /// Transactions that are under way at the same time.
  public var concurrency = 8
  /// For one attempt, its commit included.
  public var attempt: Duration = .seconds(10)
  /// Pauses between attempts: decorrelated jitter from `pauseBase` to `pauseCap`.
  public var pauseBase: Duration = .milliseconds(100)
  /// The longest pause, which is part of the time that a failover costs: so long may the writer be back unnoticed.
  public var pauseCap: Duration = .seconds(2)
  /// What waited through an outage is begun no faster: the new writer's caches are cold.
  public var drainPerSecond = 200.0
  /// What waits may be no more than this, or `submit` fails with `full`.
  public var maxEntries = 10_000
  /// Of the bodies of what waits.
  public var maxBytes = 64 << 20
  /// Of the oldest that waits.
  public var maxAge: Duration = .seconds(345_600)
  /// Transactions that are parked.
  public var maxParked = 10_000
  /// For a database that may lose what it confirmed (asynchronous replication): applied transactions are kept this long
  /// and asked for again after every outage. More than the replica's lag; zero for a database that loses nothing. Across
  /// keys order is not kept, so not for transactions that do not commute.
  public var retain: Duration = .zero
  /// For how long the ledger remembers; the spec's `failover.replay` and the replay worker prune it.
  public var ledgerKeep: Duration = .seconds(2_592_000)

  /// The defaults.
  public init() {}
}
