// SPDX-License-Identifier: Apache-2.0

internal import AWSAPICloudWatch
internal import AWSClient
internal import Core
internal import ResourceKit

// aws: cloudwatch DescribeAlarms DeleteAlarms

/// Which alarms a listing asks for.
enum AlarmSelection: Sendable {
  case prefix(String)
  /// At most a hundred.
  case names([String])

  /// A listing that does not name the type leaves composite alarms out.
  ///
  /// - Parameter type: `MetricAlarm` or `CompositeAlarm`.
  func request(ofType type: String) -> CloudWatch.DescribeAlarmsInput {
    switch self {
    case .prefix(let prefix): .init(alarmNamePrefix: prefix, alarmTypes: [type], maxRecords: 100)
    case .names(let names): .init(alarmNames: names, alarmTypes: [type], maxRecords: 100)
    }
  }
}

extension Query {
  /// The one alarm that is asked for, or all whose names start with the stack's and those that the spec names
  /// otherwise.
  var alarmSelections: [AlarmSelection] {
    if let name = focusName { return [.names([name])] }
    let prefix = "\(stack)-"
    let others = desired.compactMap(Kind.key(for:)).filter { !$0.hasPrefix(prefix) }.sorted()
    let chunks = stride(from: 0, to: others.count, by: 100).map { Array(others[$0..<min($0 + 100, others.count)]) }
    return [.prefix(prefix)] + chunks.map(AlarmSelection.names)
  }
}

extension CloudWatch {
  /// Deletes an alarm of either type, one at a time: a call takes at most one composite alarm.
  ///
  /// An alarm that a composite alarm still names stays until that one is gone.
  static func deleteAlarm(_ name: String, _ aws: AWS) async throws(CallError) {
    do throws(CallError) {
      _ = try await ifThere { () async throws(CallError) in try await aws(deleteAlarms, .init(alarmNames: [name])) }
    } catch let error where error.message.contains("composite alarm") {
      var told = error
      told.category = .conflict
      throw told
    }
  }
}
