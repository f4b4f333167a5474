// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILogs
package import AWSClient
package import Core
package import ResourceKit

// aws: logs DescribeMetricFilters PutMetricFilter DeleteMetricFilter

/// A metric that CloudWatch Logs counts from what is written to a group of the stack.
///
/// Filters carry no tags. Those below a group of ours that have one of our names are ours; other people's filters on our
/// groups are let be. They go with their group.
package enum MetricFilter: ResourceKind {
  package static let name: KindName = "logs/metric-filter"
  package static let identity: Identity = .parent
  package static let parent: KindName? = LogGroup.name
  package static let follows: [KindName] = [LogGroup.name]

  package struct Desired: Sendable {
    /// The name of the log group.
    package var group: Input<String>
    /// Starts with the stack's name.
    package var name: String
    /// In the filter syntax of CloudWatch Logs: `{ $.event = "failover" }`.
    package var pattern: String
    package var namespace: String
    package var metric: String
    /// A number, or the field that has it: `$.latency`.
    package var value: String
    /// What is put when nothing matches in a minute; not together with dimensions.
    package var defaultValue: Double?
    /// Dimension → the field that has its value. At most three, and each value costs a metric.
    package var dimensions: [String: String]
    package var unit: String

    package init(
      group: Input<String>, name: String, pattern: String, namespace: String, metric: String, value: String = "1",
      defaultValue: Double? = nil, dimensions: [String: String] = [:], unit: String = "None"
    ) {
      self.group = group
      self.name = name
      self.pattern = pattern
      self.namespace = namespace
      self.metric = metric
      self.value = value
      self.defaultValue = defaultValue
      self.dimensions = dimensions
      self.unit = unit
    }
  }

  package struct Observed: Sendable {
    package var group: String
    package var name: String
    package var pattern: String
    package var namespace: String
    package var metric: String
    package var value: String
    package var defaultValue: Double?
    package var dimensions: [String: String]
    package var unit: String
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("group", \.group, \.group, .replace(.createThenDelete)),
    Attribute("name", \.name, \.name, .replace(.createThenDelete)),
    Attribute("pattern", \.pattern, \.pattern),
    Attribute("namespace", \.namespace, \.namespace),
    Attribute("metric", \.metric, \.metric),
    Attribute("value", \.value, \.value),
    Attribute("defaultValue", \.defaultValue, \.defaultValue),
    Attribute("dimensions", \.dimensions, \.dimensions),
    Attribute("unit", \.unit, \.unit),
  ]

  package static func key(for desired: Desired) -> String? { desired.group.known.map { key($0, desired.name) } }

  /// Neither a group's name nor a filter's has a colon.
  private static func key(_ group: String, _ name: String) -> String { "\(group):\(name)" }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let groups = query.parents.map { $0.typed(LogGroup.self) }.filter { group in
      switch LogGroup.facts(group).owner {
      case .stack(let owner, _): owner == query.stack
      case .parent: true
      case .nobody: false
      }
    }
    let inFocus = query.focusName.map { String($0.prefix { $0 != ":" }) }
    // How many filters a group has was told before the one in focus was made.
    let asked = groups.filter { group in inFocus.map { $0 == group.name } ?? (group.metricFilters > 0) }
    let listed = try await asked.map(\.name).sorted().concurrently { (group) async throws(CallError) in
      try await ifThere { () async throws(CallError) in
        try await aws.all(Logs.describeMetricFilters, .init(logGroupName: group), \.metricFilters)
      } ?? []
    }
    return listed.joined().compactMap(Observed.init).filter { filter in
      query.wants(key(filter.group, filter.name)) || query.desired.contains { $0.name == filter.name }
        || filter.name == query.stack || filter.name.hasPrefix("\(query.stack)-")
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    try await put(desired, aws)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    try await put(desired, aws)
  }

  private static func put(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let transformation = Logs.MetricTransformation(
      metricName: desired.metric, metricNamespace: desired.namespace, metricValue: desired.value,
      defaultValue: desired.defaultValue, dimensions: desired.dimensions.isEmpty ? nil : desired.dimensions,
      unit: desired.unit)
    _ = try await aws(
      Logs.putMetricFilter,
      .init(
        logGroupName: try desired.group.now(), filterName: desired.name, filterPattern: desired.pattern,
        metricTransformations: [transformation]))
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Logs.deleteMetricFilter, .init(logGroupName: observed.group, filterName: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    let key = key(observed.group, observed.name)
    return Facts(id: key, key: key, owner: .parent)
  }
}

extension MetricFilter.Observed {
  fileprivate init?(_ filter: Logs.MetricFilter) {
    guard let group = filter.logGroupName, let name = filter.filterName,
      let transformation = filter.metricTransformations?.first
    else { return nil }
    self.init(
      group: group, name: name, pattern: filter.filterPattern ?? "", namespace: transformation.metricNamespace ?? "",
      metric: transformation.metricName ?? "", value: transformation.metricValue ?? "",
      defaultValue: transformation.defaultValue, dimensions: transformation.dimensions ?? [:],
      unit: transformation.unit ?? "None")
  }
}
