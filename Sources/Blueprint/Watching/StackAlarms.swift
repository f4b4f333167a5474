// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The alarms of a stack: those that AWS recommends for Aurora PostgreSQL, and our own.
///
/// Not among them are alarms on `DBLoad`, which AWS does not give for serverless instances, and on network throughput, whose
/// limit AWS does not publish for them.
struct StackAlarms {
  private let scope: Scope
  private let metrics: StackMetrics

  init(_ scope: Scope) {
    self.scope = scope
    metrics = StackMetrics(scope)
  }

  var all: [StackAlarm] {
    writer + safety + lag + StackMetrics.Role.allCases.flatMap(pressure) + database + deliveries + functions + proofs
      + loop
  }

  // MARK: Is there a writer

  private var writer: [StackAlarm] {
    let probe = scope.stack.health.probe
    return [
      StackAlarm(
        "writer-down",
        "the probe inside the network finds no healthy writer, or the probe itself is silent: see whether Aurora or the coordinator fails over",
        .metric(metrics.own("WriterProbe", .minimum, period: probe.every.wholeSeconds)), .below, 1,
        missing: .breaching, tells: .composite),
      StackAlarm(
        "engine-down", "no engine runs in the role of the writer",
        .metric(metrics.database("EngineUptime", .writer)), .atMost, 0, periods: 2, missing: .breaching,
        tells: .composite),
    ]
  }

  // MARK: Is data at risk

  /// What every drill stops on: a gap that no failover should leave, or transactions that the ledger does not explain.
  private var safety: [StackAlarm] {
    let queries = [
      MetricQuery("gap", .metric(metrics.own("HeartbeatGap", .maximum))),
      MetricQuery("mismatches", .metric(metrics.own("LedgerMismatches", .sum))),
      MetricQuery(
        "risk",
        .expression(
          "IF(FILL(gap, 0) > \(scope.stack.objectives.failoverWithin.wholeSeconds), 1, 0) + IF(FILL(mismatches, 0) > 0, 1, 0)"
        ), label: "data at risk", isWatched: true),
    ]
    return [
      StackAlarm(
        "data-safety",
        "no write has come through for longer than a failover may take, or the ledger and the data disagree; drills stop on this",
        .expression(queries), .atLeast, 1, missing: .notBreaching, tells: .critical)
    ]
  }

  // MARK: Are the readers near

  private var lag: [StackAlarm] {
    let lag = scope.stack.health.replicaLag
    let metric = metrics.database("AuroraReplicaLagMaximum", .writer)
    return [
      StackAlarm(
        "replica-lag", "a reader is behind the writer: it answers with old rows", .metric(metric), .above,
        lag.warn.seconds * 1000, periods: 3, missing: .notBreaching, tells: .warning),
      StackAlarm(
        "replica-lag-high", "a reader is far behind the writer and no candidate for a failover", .metric(metric),
        .above, lag.page.seconds * 1000, periods: 3, missing: .notBreaching, tells: .critical),
    ]
  }

  // MARK: Is there room

  /// Parts of the composite alarm `pressure`, which tells of them once.
  private func pressure(_ role: StackMetrics.Role) -> [StackAlarm] {
    func alarm(
      _ what: String, _ description: String, _ metric: String, _ comparison: AlarmComparison, _ threshold: Double,
      _ statistic: Statistic = .average, periods: Int, missing: MissingData
    ) -> StackAlarm {
      StackAlarm(
        "\(what)-\(role.word)", "\(role == .writer ? "the writer" : "the readers"): \(description)",
        .metric(metrics.database(metric, role, statistic)), comparison, threshold, periods: periods, missing: missing,
        tells: .composite)
    }
    return [
      alarm("cpu", "processors busy", "CPUUtilization", .above, 90, periods: 5, missing: .breaching),
      alarm("capacity", "capacity near its maximum", "ACUUtilization", .above, 90, periods: 5, missing: .breaching),
      alarm(
        "connections", "connections near `max_connections`", "DatabaseConnections", .above, maxConnections * 0.9,
        periods: 5, missing: .breaching),
      alarm(
        "memory", "little free memory", "FreeableMemory", .below, memory(scope.stack.cluster.capacity.min) * 0.05,
        periods: 15, missing: .breaching),
      alarm(
        "cache", "few reads from the cache", "BufferCacheHitRatio", .below, 80, periods: 10, missing: .missing),
      alarm(
        "read-latency", "slow reads from storage", "ReadLatency", .above, 0.02, .percentile(90), periods: 5,
        missing: .missing),
    ]
  }

  /// Bytes; a capacity unit comes with about 2 GiB.
  private func memory(_ units: Double) -> Double { units * 2 * 1_073_741_824 }

  /// Aurora's default for `max_connections`, which follows the maximal capacity.
  private var maxConnections: Double {
    min(5000, (memory(scope.stack.cluster.capacity.max) / 9_531_392).rounded(.down))
  }

  private var database: [StackAlarm] {
    [
      StackAlarm(
        "write-latency-writer", "the writer: slow writes to storage",
        .metric(metrics.database("WriteLatency", .writer, .percentile(90))), .above, 0.02, periods: 5,
        missing: .missing, tells: .composite),
      StackAlarm(
        "deadlocks", "transactions end each other in deadlocks",
        .metric(metrics.database("Deadlocks", .writer, .maximum)), .above, 0, periods: 5, missing: .notBreaching,
        tells: .warning),
      StackAlarm(
        "transaction-ids", "transaction ids run out: see which table autovacuum does not finish",
        .metric(metrics.database("MaximumUsedTransactionIDs", .writer)), .above, 1e9, missing: .missing,
        tells: .critical),
    ]
  }

  // MARK: Does everything arrive

  private var deliveries: [StackAlarm] {
    StackQueue.allCases.filter { $0 != .replay }.map { queue in
      StackAlarm(
        "dead-letters-\(queue.plainName)", "something could not be delivered and waits in \(scope.names.queue(queue))",
        .metric(metrics.queue("ApproximateNumberOfMessagesVisible", queue)), .above, 0, missing: .notBreaching,
        tells: queue == .replayDead ? .critical : .warning)
    } + [
      StackAlarm(
        "replay-waits", "transactions have waited for the replay worker for five minutes",
        .metric(metrics.queue("ApproximateAgeOfOldestMessage", .replay)), .above, 300, periods: 2,
        missing: .notBreaching, tells: .warning),
      StackAlarm(
        "schedules-fail", "a schedule could not call its target",
        .metric(metrics.schedules("TargetErrorCount")), .above, 0, missing: .notBreaching, tells: .warning),
      sum(
        of: StackRule.allCases.map { metrics.rule("FailedInvocations", $0.rawValue) }, "events-fail",
        "EventBridge could not hand an event to its target", tells: .critical),
    ]
  }

  // MARK: Do the functions work

  private var functions: [StackAlarm] {
    StackFunction.allCases.map { function in
      sum(
        of: ["Errors", "Throttles"].map { metrics.function($0, function) }, "\(function.rawValue)-fails",
        "the function \(function.rawValue) fails or is throttled: read \(scope.names.logGroup(of: function))",
        periods: function == .coordinator ? 1 : 2, tells: function == .coordinator ? .critical : .warning)
    }
  }

  /// An alarm on the sum of several metrics, of which some may be missing.
  private func sum(
    of watched: [WatchedMetric], _ name: String, _ description: String, periods: Int = 1,
    tells audience: StackAlarm.Audience
  ) -> StackAlarm {
    let parts = watched.enumerated().map { MetricQuery("m\($0.offset + 1)", .metric($0.element)) }
    let sum = parts.map { "FILL(\($0.id), 0)" }.joined(separator: " + ")
    return StackAlarm(
      name, description, .expression(parts + [MetricQuery("total", .expression(sum), label: name, isWatched: true)]),
      .above, 0, periods: periods, missing: .notBreaching, tells: audience)
  }

  // MARK: Is it proven

  private var proofs: [StackAlarm] {
    [
      StackAlarm(
        "restore-fails", "a backup was restored and did not stand its checks",
        .metric(metrics.own("RestoreVerified", .minimum)), .below, 1, missing: .notBreaching, tells: .critical),
      StackAlarm(
        "restore-overdue", "no backup has been proven by a restore for two days",
        .metric(metrics.own("RestoreVerified", .sum, period: 86_400)), .below, 1, periods: 2, missing: .breaching,
        tells: .warning),
      StackAlarm(
        "drill-fails", "a drill missed the objectives", .metric(metrics.own("DrillVerdict", .minimum)), .below, 1,
        missing: .notBreaching, tells: .warning),
      StackAlarm(
        "rotation-fails", "a password could not be rotated", .metric(metrics.own("RotationFailures", .sum)), .above, 0,
        missing: .notBreaching, tells: .warning),
      StackAlarm(
        "audit-fails",
        "a function could not write what it did to \(scope.names.logGroup(.audit)): its own log has the lines",
        .metric(metrics.own("AuditFailures", .sum)), .above, 0, missing: .notBreaching, tells: .warning),
      StackAlarm(
        "evidence-fails",
        "the result of a restore test could not be kept in \(scope.names.evidenceBucket): the audit log has it",
        .metric(metrics.own("EvidenceFailures", .sum)), .above, 0, missing: .notBreaching, tells: .warning),
      StackAlarm(
        "drill-running", "a drill is running: the composite alarms keep still",
        .metric(metrics.own("DrillRunning", .maximum)), .atLeast, 1, missing: .notBreaching, tells: .composite),
    ]
  }

  /// The dead man's switch of the reconcile loop.
  private var loop: [StackAlarm] {
    guard let within = scope.stack.alerts.reconciledWithin else { return [] }
    return [
      StackAlarm(
        "reconcile-overdue", "harecon reconcile has not finished a pass: drift goes unseen",
        .metric(metrics.own("ReconcilePass", .sum, period: within.wholeSeconds)), .below, 1, missing: .breaching,
        tells: .warning)
    ]
  }
}

extension StackQueue {
  /// Without the `.fifo` that AWS demands.
  var plainName: String { rawValue.split(separator: ".").first.map(String.init) ?? rawValue }
}
