// SPDX-License-Identifier: Apache-2.0

internal import AWSAPICloudWatch
package import Core
package import ResourceKit

/// A metric with the statistic of it that is looked at.
package struct WatchedMetric: Sendable, Hashable {
  package var namespace: String
  package var metric: String
  package var dimensions: [String: Input<String>]
  package var statistic: Statistic
  /// Seconds: a multiple of 60, or 10, 20 or 30 for metrics of our own that are put with a resolution of one second.
  package var period: Int
  /// Only data points that were put with this unit; nil takes whatever is there.
  package var unit: String?

  package init(
    _ namespace: String, _ metric: String, _ dimensions: [String: Input<String>] = [:], _ statistic: Statistic,
    period: Int = 60, unit: String? = nil
  ) {
    self.namespace = namespace
    self.metric = metric
    self.dimensions = dimensions
    self.statistic = statistic
    self.period = period
    self.unit = unit
  }
}

/// One line of metric math: a metric, or an expression over the other lines.
package struct MetricQuery: Sendable, Hashable {
  package enum Source: Sendable, Hashable {
    case metric(WatchedMetric)
    /// `m1 / m2 * 100`.
    case expression(String)
  }

  /// Starts with a small letter: `m1`.
  package var id: String
  package var source: Source
  package var label: String?
  /// Whether this is the line that the alarm watches; exactly one is.
  package var isWatched: Bool

  package init(_ id: String, _ source: Source, label: String? = nil, isWatched: Bool = false) {
    self.id = id
    self.source = source
    self.label = label
    self.isWatched = isWatched
  }
}

// MARK: As a value

extension MetricQuery: AttributeValue {
  package var value: Value {
    var members: [String: Value] = ["id": .string(id), "watched": .bool(isWatched)]
    if let label { members["label"] = .string(label) }
    switch source {
    case .expression(let text): members["expression"] = .string(text)
    case .metric(let watched):
      members["namespace"] = .string(watched.namespace)
      members["metric"] = .string(watched.metric)
      members["statistic"] = watched.statistic.value
      members["period"] = .int(watched.period)
      if !watched.dimensions.isEmpty { members["dimensions"] = watched.dimensions.value }
      if let unit = watched.unit { members["unit"] = .string(unit) }
    }
    return .map(members)
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value, let id = members["id"].flatMap(String.init(_:)) else { return nil }
    self.id = id
    label = members["label"].flatMap(String.init(_:))
    isWatched = members["watched"] == .bool(true)
    if let text = members["expression"].flatMap(String.init(_:)) {
      source = .expression(text)
    } else if let namespace = members["namespace"].flatMap(String.init(_:)),
      let metric = members["metric"].flatMap(String.init(_:)),
      let statistic = members["statistic"].flatMap(Statistic.init(_:)),
      let period = members["period"].flatMap(Int.init(_:))
    {
      source = .metric(
        WatchedMetric(
          namespace, metric, members["dimensions"].flatMap([String: Input<String>].init(_:)) ?? [:], statistic,
          period: period, unit: members["unit"].flatMap(String.init(_:))))
    } else {
      return nil
    }
  }
}

// MARK: As CloudWatch has it

extension [String: Input<String>] {
  /// In the order of their names, so that the same dimensions make the same request.
  func dimensions() throws(CallError) -> [CloudWatch.Dimension] {
    var dimensions: [CloudWatch.Dimension] = []
    for (name, input) in sorted(by: { $0.key < $1.key }) {
      dimensions.append(.init(name: name, value: try input.now()))
    }
    return dimensions
  }

  init(_ live: [CloudWatch.Dimension]?) {
    self = (live ?? []).reduce(into: [:]) { found, dimension in
      if let name = dimension.name, let value = dimension.value { found[name] = .given(value) }
    }
  }
}

extension MetricQuery {
  func sent() throws(CallError) -> CloudWatch.MetricDataQuery {
    switch source {
    case .expression(let text):
      return .init(id: id, expression: text, label: label, returnData: isWatched)
    case .metric(let watched):
      let metric = CloudWatch.Metric(
        namespace: watched.namespace, metricName: watched.metric, dimensions: try watched.dimensions.dimensions())
      return .init(
        id: id,
        metricStat: .init(
          metric: metric, period: watched.period, stat: watched.statistic.rawValue, unit: watched.unit),
        label: label, returnData: isWatched)
    }
  }

  /// nil for a line that is neither a metric nor an expression.
  init?(_ live: CloudWatch.MetricDataQuery) {
    guard let id = live.id else { return nil }
    let source: Source
    if let stat = live.metricStat {
      source = .metric(
        WatchedMetric(
          stat.metric?.namespace ?? "", stat.metric?.metricName ?? "",
          [String: Input<String>](stat.metric?.dimensions), Statistic(rawValue: stat.stat ?? ""),
          period: stat.period ?? 0, unit: stat.unit))
    } else if let expression = live.expression {
      source = .expression(expression)
    } else {
      return nil
    }
    // What says nothing is returned.
    self.init(id, source, label: live.label, isWatched: live.returnData ?? true)
  }
}
