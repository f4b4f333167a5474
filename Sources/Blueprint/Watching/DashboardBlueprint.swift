// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The stack at a glance, in the order in which one asks: is there a writer, who uses it, how near are the readers, is
/// there room, what became of failovers, drills and backups.
///
/// What it shows follows roles and not instances, so that a failover does not turn it upside down; a member that is
/// added to the spec adds a line to the graphs of members and changes nothing else.
struct DashboardBlueprint {
  private let node: Node<Dashboard>
  private let origin: SourceSpan

  init(_ scope: Scope, _ health: HealthBlueprint, _ alarms: AlarmsBlueprint) {
    origin = scope.stack.$name.span
    let widgets = StackWidgets(scope, check: health.check.output(\.id))
    let states = Widget(
      .alarms("Alarms", alarms.resources.compactMap(\.key).sorted().map { scope.arn("cloudwatch", "alarm:\($0)") }),
      width: 24, height: 4)
    node = Node(
      "main",
      .init(
        name: scope.names.dashboard, widgets: WidgetGrid.placed([[states]] + widgets.rows), start: "-PT3H",
        tags: scope.tags(Dashboard.self, "main")))
  }

  var arn: Input<String> { node.output(\.arn) }

  var resources: [DesiredResource] { [node.resource(origin: origin)] }
}

/// The graphs of a stack, in rows.
private struct StackWidgets {
  private let scope: Scope
  private let metrics: StackMetrics
  /// The id of the health check.
  private let check: Input<String>

  init(_ scope: Scope, check: Input<String>) {
    self.scope = scope
    metrics = StackMetrics(scope)
    self.check = check
  }

  var rows: [[Widget]] {
    [writer, traffic, lag, room, latency, failovers, proofs, deliveries, functions, record]
  }

  // MARK: Is there a writer

  private var writer: [Widget] {
    let (health, objectives) = (scope.stack.health, scope.stack.objectives)
    let probe = health.probe.every.wholeSeconds
    return [
      graph(
        "Writer as the probe finds it",
        [Line(metrics.own("WriterProbe", .minimum, period: probe), "writes")] + routeLine),
      graph(
        "Members as the probe finds them",
        scope.stack.cluster.members.map { member in
          Line(metrics.own("MemberProbe", .minimum, ["Member": .given(scope.names.instance(member.name))]), member.name)
        }),
      graph(
        "Time since the last write that came through", [Line(metrics.own("HeartbeatGap", .maximum), "gap")],
        unit: "seconds",
        limits: [
          Limit("to be detected", Double(objectives.detectWithin.wholeSeconds)),
          Limit("to be over", Double(objectives.failoverWithin.wholeSeconds)),
        ]),
    ]
  }

  /// Route 53 records its checks in one region only.
  private var routeLine: [Line] {
    guard scope.stack.region == "us-east-1" else { return [] }
    return [
      Line(
        WatchedMetric("AWS/Route53", "HealthCheckStatus", ["HealthCheckId": check], .minimum),
        "health check of Route 53")
    ]
  }

  // MARK: Who uses it

  private var traffic: [Widget] {
    [
      graph(
        "Requests per second",
        [
          Line(metrics.own("Requests", .average), "transactions"),
          Line(metrics.database("CommitThroughput", .writer), "commits"),
        ], unit: "per second"),
      graph(
        "Active connections",
        [Line(metrics.own("ActiveConnections", .maximum), "at work")]
          + roles { Line(metrics.database("DatabaseConnections", $0, .maximum), "open, \($0.word)") }),
      graph(
        "Who may not come in",
        [
          Line(metrics.own(LogMetric.rejectedConnections.rawValue, .sum), "rejected connections"),
          Line(metrics.own(LogMetric.loginFailures.rawValue, .sum), "refused logins"),
        ]),
    ]
  }

  // MARK: How near are the readers

  private var lag: [Widget] {
    let lag = scope.stack.health.replicaLag
    let limits = [Limit("warning", lag.warn.seconds * 1000), Limit("page", lag.page.seconds * 1000)]
    return [
      graph(
        "Replication lag",
        [
          Line(metrics.database("AuroraReplicaLagMaximum", .writer, .maximum), "furthest reader"),
          Line(metrics.database("AuroraReplicaLag", .reader), "readers on average"),
        ], width: 12, unit: "milliseconds", limits: limits),
      graph(
        "Replication lag by member",
        scope.stack.cluster.members.map { member in
          Line(
            metrics.own("ReaderLag", .maximum, ["Member": .given(scope.names.instance(member.name))]), member.name)
        }, width: 12, unit: "milliseconds", limits: limits),
    ]
  }

  // MARK: Is there room

  private var room: [Widget] {
    let capacity = scope.stack.cluster.capacity
    return [
      graph(
        "Capacity", roles { Line(metrics.database("ServerlessDatabaseCapacity", $0, .maximum), $0.word) },
        unit: "capacity units", limits: [Limit("least", capacity.min), Limit("most", capacity.max)]),
      graph(
        "Load",
        roles { Line(metrics.database("CPUUtilization", $0), "processors, \($0.word)") }
          + roles { Line(metrics.database("ACUUtilization", $0), "capacity, \($0.word)") }, unit: "percent",
        limits: [Limit("alarm", 90)]),
      graph(
        "Memory and cache",
        roles { Line(metrics.database("BufferCacheHitRatio", $0), "reads from the cache, \($0.word)") }
          + roles { Line(metrics.database("FreeableMemory", $0, .minimum), "free memory, \($0.word)", onRight: true) },
        unit: "percent"),
    ]
  }

  private var latency: [Widget] {
    [
      graph(
        "Commit latency",
        [
          Line(metrics.database("CommitLatency", .writer), "average"),
          Line(metrics.database("CommitLatency", .writer, .percentile(99)), "p99"),
          Line(metrics.own("WriterProbeLatency", .maximum), "the probe's login and write", onRight: true),
        ], unit: "milliseconds"),
      graph(
        "Storage latency",
        roles { Line(metrics.database("ReadLatency", $0, .percentile(90)), "reads p90, \($0.word)") }
          + [Line(metrics.database("WriteLatency", .writer, .percentile(90)), "writes p90")], unit: "seconds"),
      graph(
        "Deadlocks and transaction ids",
        [
          Line(metrics.database("Deadlocks", .writer, .sum), "deadlocks"),
          Line(metrics.database("MaximumUsedTransactionIDs", .writer, .maximum), "transaction ids", onRight: true),
        ]),
    ]
  }

  // MARK: What became of failovers and drills

  private var failovers: [Widget] {
    let phases = ["detected", "decided", "called", "promoted", "writable"].map { phase in
      Line(metrics.own("FailoverSeconds", .maximum, ["Phase": .given(phase)]), phase)
    }
    let within = Double(scope.stack.objectives.failoverWithin.wholeSeconds)
    return [
      graph(
        "Failover timeline: seconds since the first failed write", phases, width: 12, unit: "seconds",
        limits: [Limit("to be over", within)]),
      graph(
        "Failovers",
        [Line(metrics.own("Failovers", .sum), "failovers")]
          + ["idle", "busy"].map { how in
            Line(metrics.own("Drained", .sum, ["How": .given(how)]), "sessions ended, \(how)")
          }, width: 6),
      graph(
        "Drills",
        [
          Line(metrics.own("DrillRunning", .maximum), "running"), Line(metrics.own("DrillVerdict", .minimum), "passed"),
        ], width: 6),
    ]
  }

  private var proofs: [Widget] {
    let day = 86_400
    return [
      graph(
        "Restored backups", [Line(metrics.own("RestoreVerified", .minimum, period: day), "stood the checks")]),
      graph(
        "Restore time and age of its data",
        [
          Line(metrics.own("RestoreSeconds", .maximum, period: day), "restore"),
          Line(metrics.own("RestoreDataAge", .maximum, period: day), "age of the newest row", onRight: true),
        ], unit: "seconds"),
      graph(
        "Ledger, passwords, record and drift",
        [
          Line(metrics.own("LedgerMismatches", .sum), "ledger mismatches"),
          Line(metrics.own("RotationFailures", .sum), "failed rotations"),
          Line(metrics.own("AuditFailures", .sum), "lines that the audit log lacks"),
          Line(metrics.own("EvidenceFailures", .sum), "results that the evidence lacks"),
          Line(metrics.own("ReconcileDrift", .maximum), "changes that wait"),
        ]),
    ]
  }

  // MARK: Does everything arrive

  private var deliveries: [Widget] {
    [
      graph(
        "Transactions that wait for a writer",
        [
          Line(metrics.queue("ApproximateNumberOfMessagesVisible", .replay), "waiting"),
          Line(metrics.own("Replayed", .sum), "applied"), Line(metrics.own("ReplayParked", .sum), "parked"),
          Line(metrics.own("ReplayDeferred", .sum), "put off"),
          Line(metrics.queue("ApproximateAgeOfOldestMessage", .replay), "age of the oldest, seconds", onRight: true),
        ], width: 12),
      graph(
        "Dead letters",
        StackQueue.allCases.filter { $0 != .replay }.map {
          Line(metrics.queue("ApproximateNumberOfMessagesVisible", $0), $0.plainName)
        } + [Line(metrics.own("UnknownEvents", .sum), "events that no function understood")], width: 12),
    ]
  }

  private var functions: [Widget] {
    func lines(_ metric: String, _ statistic: Statistic) -> [Line] {
      StackFunction.allCases.map { Line(metrics.function(metric, $0, statistic), $0.rawValue) }
    }
    return [
      graph("Functions that fail", lines("Errors", .sum)),
      graph("Functions that are throttled", lines("Throttles", .sum)),
      graph("How long functions take", lines("Duration", .percentile(99)), unit: "milliseconds"),
    ]
  }

  // MARK: What happened

  private var record: [Widget] {
    func query(_ group: String, _ fields: String) -> String {
      "SOURCE '\(group)' | fields \(fields) | sort @timestamp desc | limit 50"
    }
    return [
      Widget(
        .log(
          "What AWS told", region: scope.stack.region,
          query: query(
            scope.names.logGroup(.events),
            "@timestamp, source, `detail-type`, detail.Message, detail.alarmName, detail.state.value, detail.status")),
        width: 12, height: 8),
      Widget(
        .log(
          "What the functions decided and did", region: scope.stack.region,
          query: query(
            scope.names.logGroup(.audit), "@timestamp, function, what, verdict, reason, writer, member, job, secret")),
        width: 12, height: 8),
    ]
  }

  // MARK: Graphs

  private func roles(_ line: (StackMetrics.Role) -> Line) -> [Line] { StackMetrics.Role.allCases.map(line) }

  private func graph(
    _ title: String, _ lines: [Line], width: Int = 8, unit: String? = nil, limits: [Limit] = []
  ) -> Widget {
    Widget(
      .graph(title, region: scope.stack.region, lines, unit: unit, limits: limits), width: width,
      height: 6)
  }
}
