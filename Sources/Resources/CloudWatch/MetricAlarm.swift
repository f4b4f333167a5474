// SPDX-License-Identifier: Apache-2.0

internal import AWSAPICloudWatch
package import AWSClient
package import Core
package import ResourceKit

// aws: cloudwatch DescribeAlarms PutMetricAlarm DeleteAlarms

/// An alarm on a metric, or on an expression over several.
///
/// An update replaces the whole alarm, its tags excepted, and keeps its state. A new alarm is in `INSUFFICIENT_DATA`
/// until CloudWatch has looked; what state an alarm is in is never a difference. Alarms on a database watch its cluster
/// and role (`DBClusterIdentifier`, `Role`) wherever the metric has them: instances swap their roles at a failover.
///
/// Periods under a minute are for metrics of our own that are put with a resolution of one second: on AWS's metrics,
/// which come every minute, such an alarm never leaves `INSUFFICIENT_DATA`, so it is refused.
package enum MetricAlarm: ResourceKind {
  package static let name: KindName = "cloudwatch/alarm"
  package static let identity: Identity = .name
  package static let follows: [KindName] = ["sns/topic", "lambda/function"]

  package struct Desired: Sendable {
    package var name: String
    /// What it means and what to do about it, for whoever is woken.
    package var description: String
    /// Of a single metric, with the five that follow; nil where `metrics` says what is watched.
    package var namespace: String?
    package var metric: String?
    package var dimensions: [String: Input<String>]
    package var statistic: Statistic?
    /// Seconds.
    package var period: Int?
    package var unit: String?
    /// Metric math; empty for a single metric.
    package var metrics: [MetricQuery]
    package var comparison: AlarmComparison
    /// Never nil in an alarm of ours: CloudWatch has none where an alarm watches for anomalies.
    package var threshold: Double?
    /// The last so many periods are looked at,
    package var evaluationPeriods: Int
    /// and this many of them must be breaching.
    package var datapointsToAlarm: Int
    package var missingData: MissingData
    /// Minutes, 1 to 2880, from the alarm's creation, for which silence is no news: until the data points fill the alarm's
    /// periods for the first time it stays in `INSUFFICIENT_DATA`, and tells nobody. nil: it judges at once.
    package var warmUp: Int?
    package var actions: AlarmActions
    package var tags: [String: String]

    /// An alarm on one metric. Without `datapointsToAlarm` all of the periods must be breaching.
    package init(
      name: String, description: String, on watched: WatchedMetric, _ comparison: AlarmComparison, _ threshold: Double,
      evaluationPeriods: Int, datapointsToAlarm: Int? = nil, missingData: MissingData = .missing,
      warmUp: Int? = nil, actions: AlarmActions = AlarmActions(), tags: [String: String]
    ) {
      self.init(
        name: name, description: description, on: [], comparison, threshold, evaluationPeriods: evaluationPeriods,
        datapointsToAlarm: datapointsToAlarm, missingData: missingData, warmUp: warmUp, actions: actions, tags: tags)
      namespace = watched.namespace
      metric = watched.metric
      dimensions = watched.dimensions
      statistic = watched.statistic
      period = watched.period
      unit = watched.unit
    }

    /// An alarm on metric math, one line of which is watched.
    package init(
      name: String, description: String, on metrics: [MetricQuery], _ comparison: AlarmComparison, _ threshold: Double,
      evaluationPeriods: Int, datapointsToAlarm: Int? = nil, missingData: MissingData = .missing,
      warmUp: Int? = nil, actions: AlarmActions = AlarmActions(), tags: [String: String]
    ) {
      self.name = name
      self.description = description
      dimensions = [:]
      self.metrics = metrics
      self.comparison = comparison
      self.threshold = threshold
      self.evaluationPeriods = evaluationPeriods
      self.datapointsToAlarm = datapointsToAlarm ?? evaluationPeriods
      self.missingData = missingData
      self.warmUp = warmUp
      self.actions = actions
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var description: String
    package var namespace: String?
    package var metric: String?
    package var dimensions: [String: Input<String>]
    package var statistic: Statistic?
    package var period: Int?
    package var unit: String?
    package var metrics: [MetricQuery]
    package var comparison: AlarmComparison
    package var threshold: Double?
    package var evaluationPeriods: Int
    package var datapointsToAlarm: Int
    package var missingData: MissingData
    package var warmUp: Int?
    package var actions: LiveAlarmActions
    package var state: AlarmState
    package var tags: [String: String]

    var stateValue: String { state.value }
    var stateReason: String { state.reason }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("description", \.description, \.description),
    Attribute("namespace", \.namespace, \.namespace),
    Attribute("metric", \.metric, \.metric),
    Attribute("dimensions", \.dimensions, \.dimensions),
    Attribute("statistic", \.statistic, \.statistic),
    Attribute("period", \.period, \.period),
    Attribute("unit", \.unit, \.unit),
    Attribute("metrics", \.metrics, \.metrics, equality: .unordered),
    Attribute("comparison", \.comparison, \.comparison),
    Attribute("threshold", \.threshold, \.threshold),
    Attribute("evaluationPeriods", \.evaluationPeriods, \.evaluationPeriods),
    Attribute("datapointsToAlarm", \.datapointsToAlarm, \.datapointsToAlarm),
    Attribute("missingData", \.missingData, \.missingData),
    Attribute("warmUp", \.warmUp, \.warmUp),
    Attribute("alarmActions", \.actions.alarm, \.actions.alarm, equality: .unordered),
    Attribute("okActions", \.actions.ok, \.actions.ok, equality: .unordered),
    Attribute(
      "insufficientDataActions", \.actions.insufficientData, \.actions.insufficientData, equality: .unordered),
    Attribute("actionsEnabled", \.actions.areEnabled, \.actions.areEnabled),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [
    Output("name", \.name), Output("arn", \.arn), Output("state", \.stateValue), Output("reason", \.stateReason),
  ]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let alarms = try await query.alarms(aws).compactMap(\.metric).compactMap(Observed.init)
    let tags = try await query.tags(of: alarms.map(\.arn), aws) {
      (arn) async throws(CallError) in try await CloudWatch.tags(of: arn, aws)
    }
    return alarms.compactMap { alarm in
      var alarm = alarm
      guard let its = tags[alarm.arn] else { return nil }
      alarm.tags = its
      return alarm
    }
  }

  /// What is there already is overwritten without a word: the engine has looked, and found nothing of that name.
  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(CloudWatch.putMetricAlarm, try desired.request(tags: CloudWatch.tags(desired.tags)))
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) {
      try await CloudWatch.retag(observed.arn, observed.tags, to: desired.tags, aws)
    }
    if changes.containsOther(than: \.tags) {
      _ = try await aws(CloudWatch.putMetricAlarm, try desired.request(tags: nil))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await CloudWatch.deleteAlarm(observed.name, aws)
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }
}

// MARK: As CloudWatch has it

extension MetricAlarm.Desired {
  /// The whole alarm: what a put leaves out goes back to CloudWatch's default.
  fileprivate func request(tags: [CloudWatch.Tag]?) throws(CallError) -> CloudWatch.PutMetricAlarmInput {
    try checkPeriods()
    let isMath = !metrics.isEmpty
    var queries: [CloudWatch.MetricDataQuery] = []
    for query in metrics { queries.append(try query.sent()) }
    return .init(
      alarmName: name, alarmDescription: description, actionsEnabled: actions.areEnabled,
      okActions: try actions.ok.now(), alarmActions: try actions.alarm.now(),
      insufficientDataActions: try actions.insufficientData.now(), metricName: metric, namespace: namespace,
      statistic: statistic.flatMap { $0.isSimple ? $0.rawValue : nil },
      extendedStatistic: statistic.flatMap { $0.isSimple ? nil : $0.rawValue },
      dimensions: isMath ? nil : try dimensions.dimensions(), period: period, unit: unit,
      evaluationPeriods: evaluationPeriods, datapointsToAlarm: datapointsToAlarm, threshold: threshold,
      comparisonOperator: comparison.rawValue, treatMissingData: missingData.rawValue,
      metrics: isMath ? queries : nil, tags: tags,
      warmUpConfiguration: warmUp.map { .init(warmUpPeriodDurationInMinutes: $0) })
  }

  /// CloudWatch takes a period under a minute on its own metrics too, and the alarm then never sees a data point.
  private func checkPeriods() throws(CallError) {
    let inMath = metrics.compactMap { query -> (namespace: String, period: Int)? in
      if case .metric(let watched) = query.source { (watched.namespace, watched.period) } else { nil }
    }
    let single = period.map { [(namespace: namespace ?? "", period: $0)] } ?? []
    for watched in single + inMath where watched.namespace.hasPrefix("AWS/") && watched.period < 60 {
      throw CallError(
        .invalid, code: "PeriodTooShort",
        message: "the alarm \"\(name)\" looks at \"\(watched.namespace)\" every \"\(watched.period)\" seconds: "
          + "its metrics come once a minute, so take a period of 60")
    }
  }
}

extension MetricAlarm.Observed {
  /// Without its tags, which the listing leaves out.
  fileprivate init?(_ alarm: CloudWatch.MetricAlarm) {
    guard let name = alarm.alarmName, let arn = alarm.alarmArn else { return nil }
    let periods = alarm.evaluationPeriods ?? 0
    self.init(
      name: name, arn: arn, description: alarm.alarmDescription ?? "", namespace: alarm.namespace,
      metric: alarm.metricName, dimensions: [String: Input<String>](alarm.dimensions),
      statistic: (alarm.statistic ?? alarm.extendedStatistic).map(Statistic.init(rawValue:)), period: alarm.period,
      unit: alarm.unit, metrics: (alarm.metrics ?? []).compactMap(MetricQuery.init),
      comparison: AlarmComparison(rawValue: alarm.comparisonOperator ?? ""), threshold: alarm.threshold,
      evaluationPeriods: periods, datapointsToAlarm: alarm.datapointsToAlarm ?? periods,
      missingData: alarm.treatMissingData.map(MissingData.init(rawValue:)) ?? .missing,
      warmUp: alarm.warmUpConfiguration?.warmUpPeriodDurationInMinutes,
      actions: LiveAlarmActions(
        alarm: alarm.alarmActions, ok: alarm.okActions, insufficientData: alarm.insufficientDataActions,
        areEnabled: alarm.actionsEnabled),
      state: AlarmState(value: alarm.stateValue ?? "INSUFFICIENT_DATA", reason: alarm.stateReason ?? ""), tags: [:])
  }
}
