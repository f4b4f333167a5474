// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// One alarm of a stack, before it has a name in AWS and somebody to tell.
struct StackAlarm {
  /// Whom it tells by itself.
  enum Audience {
    case critical
    case warning
    /// It is a part of a composite alarm, which tells for it.
    case composite
  }

  enum Subject {
    case metric(WatchedMetric)
    case expression([MetricQuery])
  }

  /// Its name within the stack.
  let name: String
  let description: String
  let subject: Subject
  let comparison: AlarmComparison
  let threshold: Double
  /// How many periods must be breaching, one after another.
  let periods: Int
  let missingData: MissingData
  let audience: Audience

  init(
    _ name: String, _ description: String, _ subject: Subject, _ comparison: AlarmComparison, _ threshold: Double,
    periods: Int = 1, missing: MissingData, tells audience: Audience
  ) {
    self.name = name
    self.description = description
    self.subject = subject
    self.comparison = comparison
    self.threshold = threshold
    self.periods = periods
    missingData = missing
    self.audience = audience
  }

  /// Minutes for which the silence of a new stack is no news: of what the alarm is made after, the readers speak last, about a
  /// quarter of an hour later, and what is to come within a longer time has that time. Afterwards silence counts, also
  /// the silence of what has never said a word.
  var warmUp: Int? {
    guard missingData == .breaching else { return nil }
    return min(max(Self.shortestWarmUp, periods * period / 60), Self.longestWarmUp)
  }

  static let shortestWarmUp = 30

  /// CloudWatch's limit: two days.
  private static let longestWarmUp = 2880

  /// Seconds; of an expression, those of its longest metric.
  private var period: Int {
    switch subject {
    case .metric(let watched): watched.period
    case .expression(let queries):
      queries.compactMap { if case .metric(let watched) = $0.source { watched.period } else { nil } }.max() ?? 60
    }
  }
}

/// The metrics that the stack's alarms and its dashboard watch.
struct StackMetrics {
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
  }

  enum Role: String, CaseIterable {
    case writer = "WRITER"
    case reader = "READER"

    var word: String { rawValue.lowercased() }
  }

  /// By role and not by instance: roles move at a failover. AWS records these every minute.
  func database(
    _ metric: String, _ role: Role, _ statistic: Statistic = .average, period: Int = 60
  ) -> WatchedMetric {
    WatchedMetric(
      "AWS/RDS", metric, ["DBClusterIdentifier": .given(scope.names.cluster), "Role": .given(role.rawValue)], statistic,
      period: period)
  }

  /// What the functions and harecon record.
  func own(
    _ metric: String, _ statistic: Statistic, period: Int = 60, _ dimensions: [String: Input<String>] = [:]
  ) -> WatchedMetric {
    WatchedMetric(scope.names.metricNamespace, metric, dimensions, statistic, period: period)
  }

  func function(_ metric: String, _ function: StackFunction, _ statistic: Statistic = .sum) -> WatchedMetric {
    WatchedMetric("AWS/Lambda", metric, ["FunctionName": .given(scope.names.function(function))], statistic)
  }

  func queue(_ metric: String, _ queue: StackQueue, _ statistic: Statistic = .maximum) -> WatchedMetric {
    WatchedMetric("AWS/SQS", metric, ["QueueName": .given(scope.names.queue(queue))], statistic)
  }

  func rule(_ metric: String, _ rule: String) -> WatchedMetric {
    WatchedMetric("AWS/Events", metric, ["RuleName": .given(scope.names.rule(rule))], .sum)
  }

  func schedules(_ metric: String) -> WatchedMetric {
    WatchedMetric("AWS/Scheduler", metric, ["ScheduleGroup": .given(scope.names.scheduleGroup)], .sum)
  }
}
