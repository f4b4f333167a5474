// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

extension HealthCheck.Desired {
  /// Asks a public HTTPS endpoint and looks for a text in its answer.
  ///
  /// The endpoint must answer within two seconds: 4 s to connect, 2 s each for status and body, are all a checker allows.
  package static func endpoint(
    host: Input<String>, path: Input<String>, searchString: String, interval: Int = 10, threshold: Int = 2,
    regions: [String] = [], measuresLatency: Bool = false, tags: [String: String]
  ) -> Self {
    var check = Self(type: "HTTPS_STR_MATCH", tags: tags)
    check.host = host
    check.port = 443
    check.path = path
    check.searchString = searchString
    check.interval = interval
    check.threshold = threshold
    check.regions = regions
    check.measuresLatency = measuresLatency
    check.usesSNI = true
    return check
  }

  /// Healthy while enough of others are.
  ///
  /// - Parameter healthy: how many, from 1 to their number.
  package static func calculated(children: [Input<String>], healthy: Int, tags: [String: String]) -> Self {
    var check = Self(type: "CALCULATED", tags: tags)
    check.children = children
    check.healthyChildren = healthy
    return check
  }

  /// Follows the metric of an alarm of this region.
  ///
  /// - Parameter settings: the alarm's own, so that the check is told of it again whenever they change.
  package static func alarm(
    _ name: Input<String>, settings: AlarmSettings, withoutData: String = "LastKnownStatus", tags: [String: String]
  ) -> Self {
    var check = Self(type: "CLOUDWATCH_METRIC", tags: tags)
    check.alarm = name
    check.alarmSettings = settings
    check.withoutData = withoutData
    return check
  }

  private init(type: String, tags: [String: String]) {
    self.type = type
    measuresLatency = false
    usesSNI = false
    regions = []
    children = []
    isInverted = false
    isDisabled = false
    self.tags = tags
  }
}

/// What a health check remembers of the alarm that it watches.
package struct AlarmSettings: AttributeValue {
  package var namespace: String
  package var metric: String
  package var dimensions: [String: String]
  /// `Average`, `Minimum`, `Maximum`, `Sum` or `SampleCount`.
  package var statistic: String
  /// Seconds, a multiple of 60.
  package var period: Int
  /// Of as many as are evaluated, all must breach.
  package var evaluationPeriods: Int
  package var threshold: Double
  /// `LessThanThreshold`, ...
  package var comparison: String

  package init(
    namespace: String, metric: String, dimensions: [String: String], statistic: String, period: Int,
    evaluationPeriods: Int, threshold: Double, comparison: String
  ) {
    self.namespace = namespace
    self.metric = metric
    self.dimensions = dimensions
    self.statistic = statistic
    self.period = period
    self.evaluationPeriods = evaluationPeriods
    self.threshold = threshold
    self.comparison = comparison
  }

  package var value: Value {
    .map([
      "namespace": namespace.value, "metric": metric.value, "dimensions": dimensions.value,
      "statistic": statistic.value, "period": period.value, "evaluationPeriods": evaluationPeriods.value,
      "threshold": threshold.value, "comparison": comparison.value,
    ])
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value, case .string(let namespace) = members["namespace"],
      case .string(let metric) = members["metric"], let dimensions = [String: String](members["dimensions"] ?? .null),
      case .string(let statistic) = members["statistic"], case .int(let period) = members["period"],
      case .int(let evaluationPeriods) = members["evaluationPeriods"],
      let threshold = Double(members["threshold"] ?? .null), case .string(let comparison) = members["comparison"]
    else { return nil }
    self.init(
      namespace: namespace, metric: metric, dimensions: dimensions, statistic: statistic, period: period,
      evaluationPeriods: evaluationPeriods, threshold: threshold, comparison: comparison)
  }
}
