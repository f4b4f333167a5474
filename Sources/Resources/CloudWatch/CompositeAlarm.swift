// SPDX-License-Identifier: Apache-2.0

internal import AWSAPICloudWatch
package import AWSClient
package import Core
package import ResourceKit

// aws: cloudwatch DescribeAlarms PutCompositeAlarm DeleteAlarms

/// An alarm on other alarms, so that people are called once for one trouble.
///
/// While its suppressor is in `ALARM` it tells nobody: that is how a drill keeps people asleep without an alarm being
/// switched off. A drill's own alarm takes a moment to rise, and actions wait that long for it; when it has fallen, they
/// wait again, so that what the drill has left behind can settle.
///
/// CloudWatch deletes no alarm that a composite alarm names, so these go first.
package enum CompositeAlarm: ResourceKind {
  package static let name: KindName = "cloudwatch/composite-alarm"
  package static let identity: Identity = .name
  package static let follows: [KindName] = [MetricAlarm.name, "sns/topic", "lambda/function"]

  package struct Desired: Sendable {
    package var name: String
    package var description: String
    package var rule: AlarmRule
    package var suppressor: ActionsSuppressor?
    package var actions: AlarmActions
    package var tags: [String: String]

    package init(
      name: String, description: String, when rule: AlarmRule, suppressor: ActionsSuppressor? = nil,
      actions: AlarmActions = AlarmActions(), tags: [String: String]
    ) {
      self.name = name
      self.description = description
      self.rule = rule
      self.suppressor = suppressor
      self.actions = actions
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var description: String
    package var rule: AlarmRule
    package var suppressor: ActionsSuppressor?
    package var actions: LiveAlarmActions
    package var state: AlarmState
    package var tags: [String: String]

    var stateValue: String { state.value }
    var stateReason: String { state.reason }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("description", \.description, \.description),
    Attribute("rule", \.rule, \.rule),
    Attribute("suppressor", \.suppressor, \.suppressor),
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
    let alarms = try await query.alarms(aws).compactMap(\.composite).compactMap(Observed.init)
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

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    try await put(desired, tags: CloudWatch.tags(desired.tags), aws)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) {
      try await CloudWatch.retag(observed.arn, observed.tags, to: desired.tags, aws)
    }
    if changes.containsOther(than: \.tags) { try await put(desired, tags: nil, aws) }
  }

  /// The whole alarm: what a put leaves out goes back to CloudWatch's default.
  private static func put(_ desired: Desired, tags: [CloudWatch.Tag]?, _ aws: AWS) async throws(CallError) {
    let suppressor = desired.suppressor
    let request = CloudWatch.PutCompositeAlarmInput(
      alarmName: desired.name, alarmRule: try desired.rule.now(), actionsEnabled: desired.actions.areEnabled,
      alarmActions: try desired.actions.alarm.now(), alarmDescription: desired.description,
      insufficientDataActions: try desired.actions.insufficientData.now(), okActions: try desired.actions.ok.now(),
      tags: tags, actionsSuppressor: try suppressor?.alarm.now(), actionsSuppressorWaitPeriod: suppressor?.wait,
      actionsSuppressorExtensionPeriod: suppressor?.extensionPeriod)
    // Alarms that were made a moment ago may not be seen yet.
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(CloudWatch.putCompositeAlarm, request)
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await CloudWatch.deleteAlarm(observed.name, aws)
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }
}

/// What keeps a composite alarm from telling anybody: an alarm and two times, which CloudWatch takes together only.
package struct ActionsSuppressor: Sendable, Hashable {
  /// The name of an alarm; while it is in `ALARM`, actions are held back.
  package var alarm: Input<String>
  /// Seconds that actions wait for the suppressor to rise.
  package var wait: Int
  /// Seconds that actions wait after it has fallen.
  package var extensionPeriod: Int

  package init(_ alarm: Input<String>, wait: Int, extensionPeriod: Int) {
    self.alarm = alarm
    self.wait = wait
    self.extensionPeriod = extensionPeriod
  }
}

extension ActionsSuppressor: AttributeValue {
  package var value: Value {
    .map(["alarm": alarm.value, "wait": .int(wait), "extensionPeriod": .int(extensionPeriod)])
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value, let alarm = members["alarm"].flatMap(Input<String>.init(_:)),
      let wait = members["wait"].flatMap(Int.init(_:)),
      let extensionPeriod = members["extensionPeriod"].flatMap(Int.init(_:))
    else { return nil }
    self.init(alarm, wait: wait, extensionPeriod: extensionPeriod)
  }
}

extension CompositeAlarm.Observed {
  /// Without its tags, which the listing leaves out.
  fileprivate init?(_ alarm: CloudWatch.CompositeAlarm) {
    guard let name = alarm.alarmName, let arn = alarm.alarmArn else { return nil }
    let suppressor = alarm.actionsSuppressor.flatMap { reference -> ActionsSuppressor? in
      reference.isEmpty
        ? nil
        : ActionsSuppressor(
          .given(CloudWatchName.alarm(reference)), wait: alarm.actionsSuppressorWaitPeriod ?? 0,
          extensionPeriod: alarm.actionsSuppressorExtensionPeriod ?? 0)
    }
    self.init(
      name: name, arn: arn, description: alarm.alarmDescription ?? "", rule: AlarmRule(text: alarm.alarmRule ?? ""),
      suppressor: suppressor,
      actions: LiveAlarmActions(
        alarm: alarm.alarmActions, ok: alarm.okActions, insufficientData: alarm.insufficientDataActions,
        areEnabled: alarm.actionsEnabled),
      state: AlarmState(value: alarm.stateValue ?? "INSUFFICIENT_DATA", reason: alarm.stateReason ?? ""), tags: [:])
  }
}
