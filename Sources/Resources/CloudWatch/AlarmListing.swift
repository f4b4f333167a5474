// SPDX-License-Identifier: Apache-2.0

internal import AWSAPICloudWatch
internal import AWSClient
internal import Core
internal import ResourceKit

// aws: cloudwatch DescribeAlarms DeleteAlarms

/// An alarm of either type, as a listing of both gives it.
enum ListedAlarm: Sendable {
  case metric(CloudWatch.MetricAlarm)
  case composite(CloudWatch.CompositeAlarm)

  var metric: CloudWatch.MetricAlarm? {
    switch self {
    case .metric(let alarm): alarm
    case .composite: nil
    }
  }

  var composite: CloudWatch.CompositeAlarm? {
    switch self {
    case .metric: nil
    case .composite(let alarm): alarm
    }
  }
}

extension CloudWatch.DescribeAlarmsOutput {
  fileprivate var all: [ListedAlarm]? {
    (metricAlarms ?? []).map(ListedAlarm.metric) + (compositeAlarms ?? []).map(ListedAlarm.composite)
  }
}

extension Query {
  /// The one alarm that is asked for, or all whose names start with the stack's and those that the spec names
  /// otherwise, of both types: one listing serves the kinds of both.
  func alarms(_ aws: AWS) async throws(CallError) -> [ListedAlarm] {
    if let name = focusName { return try await Self.alarms(.init(alarmNames: [name]), aws) }
    let prefix = "\(stack)-"
    let others = desired.compactMap(Kind.key(for:)).filter { !$0.hasPrefix(prefix) }.sorted()
    let chunks = stride(from: 0, to: others.count, by: 100).map { Array(others[$0..<min($0 + 100, others.count)]) }
    let (own, named) = try await both { () async throws(CallError) in
      try await answer(to: "alarms of the stack's name") { () async throws(CallError) in
        try await Self.alarms(.init(alarmNamePrefix: prefix), aws)
      }
    } _: { () async throws(CallError) in
      try await chunks.concurrently { (names) async throws(CallError) in
        try await Self.alarms(.init(alarmNames: names), aws)
      }
    }
    return own + named.joined()
  }

  /// A listing that does not name the types leaves composite alarms out.
  private static func alarms(
    _ request: CloudWatch.DescribeAlarmsInput, _ aws: AWS
  ) async throws(CallError) -> [ListedAlarm] {
    var request = request
    request.alarmTypes = ["CompositeAlarm", "MetricAlarm"]
    request.maxRecords = 100
    return try await aws.all(CloudWatch.describeAlarms, request, \.all)
  }
}

extension CloudWatch {
  /// Deletes an alarm of either type, one at a time: a call takes at most one composite alarm.
  ///
  /// An alarm that a composite alarm still names stays until that one is gone.
  static func deleteAlarm(_ name: String, _ aws: AWS) async throws(CallError) {
    do throws(CallError) {
      _ = try await aws(deleteAlarms, .init(alarmNames: [name]))
    } catch let error where error.message.contains("composite alarm") {
      var told = error
      told.category = .conflict
      throw told
    }
  }
}
