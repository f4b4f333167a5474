// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIScheduler
internal import AWSClient
internal import Core
internal import ResourceKit

extension Schedule {
  /// All of a schedule, in the words of a request.
  struct Whole {
    private let desired: Desired
    private let group: String
    private let key: String?
    private let window: Scheduler.FlexibleTimeWindow
    private let target: Scheduler.Target

    init(_ desired: Desired) throws(CallError) {
      self.desired = desired
      group = try desired.group.now()
      key = try desired.key?.now()
      window = .init(
        mode: desired.flexibleWindow == nil ? "OFF" : "FLEXIBLE", maximumWindowInMinutes: desired.flexibleWindow)
      var target = Scheduler.Target(arn: try desired.target.now(), roleArn: try desired.role.now())
      if let queue = desired.deadLetter { target.deadLetterConfig = .init(arn: try queue.now()) }
      target.retryPolicy = .init(
        maximumEventAgeInSeconds: desired.maximumAge, maximumRetryAttempts: desired.retryAttempts)
      target.input = try desired.input?.now()
      self.target = target
    }

    var creation: Scheduler.CreateScheduleInput {
      .init(
        flexibleTimeWindow: window, name: desired.name, scheduleExpression: desired.expression, target: target,
        description: desired.description, groupName: group, kmsKeyArn: key,
        scheduleExpressionTimezone: desired.timeZone, state: desired.state)
    }

    var update: Scheduler.UpdateScheduleInput {
      .init(
        flexibleTimeWindow: window, name: desired.name, scheduleExpression: desired.expression, target: target,
        description: desired.description, groupName: group, kmsKeyArn: key,
        scheduleExpressionTimezone: desired.timeZone, state: desired.state)
    }
  }
}

extension Schedule.Observed {
  /// What AWS does when a target says nothing of it.
  private static let usualAttempts = 185
  private static let usualAge = 86_400

  init(_ live: Scheduler.GetScheduleOutput, at place: Schedule.Place) {
    name = place.name
    group = place.group
    arn = live.arn ?? ""
    description = live.description ?? ""
    expression = live.scheduleExpression ?? ""
    timeZone = live.scheduleExpressionTimezone ?? "UTC"
    state = live.state ?? ""
    target = live.target?.arn ?? ""
    role = live.target?.roleArn ?? ""
    input = live.target?.input.map(JSONDocument.init(text:))
    retryAttempts = live.target?.retryPolicy?.maximumRetryAttempts ?? Self.usualAttempts
    maximumAge = live.target?.retryPolicy?.maximumEventAgeInSeconds ?? Self.usualAge
    deadLetter = live.target?.deadLetterConfig?.arn
    key = live.kmsKeyArn
    let window = live.flexibleTimeWindow
    flexibleWindow = window?.mode == "FLEXIBLE" ? window?.maximumWindowInMinutes : nil
    let start = live.startDate.map { "from \($0.text(.iso8601))" }
    let end = live.endDate.map { "until \($0.text(.iso8601))" }
    bounds = [start, end].compactMap(\.self)
  }
}
