// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIScheduler
package import AWSClient
package import Core
package import ResourceKit

// aws: scheduler ListSchedules GetSchedule CreateSchedule UpdateSchedule DeleteSchedule

/// A call to AWS at given times: a function to be invoked, an experiment to be started.
///
/// It is the stack's because its group is. Whatever an update leaves out falls back to AWS's default, so that each sends all;
/// by default AWS goes on trying for a day, which would start Sunday night's drill on Monday noon. It starts some time within
/// the minute it is set to, so that nothing finer than a minute can be asked for.
package enum Schedule: ResourceKind {
  package static let name: KindName = "scheduler/schedule"
  package static let identity: Identity = .parent
  package static let parent: KindName? = ScheduleGroup.name
  package static let follows: [KindName] = [
    ScheduleGroup.name, "fis/experiment-template", "lambda/function", "sqs/queue", IAMRole.name, KMSKey.name,
  ]

  package struct Desired: Sendable {
    package var name: String
    /// The name of the group.
    package var group: Input<String>
    package var description: String
    /// `rate(1 minute)`, `cron(0 3 ? * SUN *)`, `at(2026-11-22T03:00:00)`.
    package var expression: String
    /// By its name in the IANA database.
    package var timeZone: String
    /// `ENABLED` or `DISABLED`.
    package var state: String
    /// Of a function, or of any call: `arn:aws:scheduler:::aws-sdk:fis:startExperiment`.
    package var target: Input<String>
    package var role: Input<String>
    /// The event for a function, the request of a call. `<aws.scheduler.execution-id>` in it is another one each time.
    package var input: JSONDocument?
    /// Attempts after the first, 0 to 185.
    package var retryAttempts: Int
    /// Seconds after which a call is no longer made, 60 to 86400.
    package var maximumAge: Int
    /// The ARN of the standard queue for calls that could not be made.
    package var deadLetter: Input<String>?
    /// The ARN of the key that encrypts the schedule.
    package var key: Input<String>?
    /// Minutes after its time within which it may start; nil for at its time.
    package var flexibleWindow: Int?
    /// Before and after which moments it does not start: none, or it would stand still without a word.
    fileprivate(set) var bounds: [String] = []

    package init(
      name: String, group: Input<String>, description: String, expression: String, timeZone: String = "UTC",
      state: String = "ENABLED", target: Input<String>, role: Input<String>, input: JSONDocument?,
      retryAttempts: Int = 1, maximumAge: Int = 300, deadLetter: Input<String>?, key: Input<String>? = nil,
      flexibleWindow: Int? = nil
    ) {
      self.name = name
      self.group = group
      self.description = description
      self.expression = expression
      self.timeZone = timeZone
      self.state = state
      self.target = target
      self.role = role
      self.input = input
      self.retryAttempts = retryAttempts
      self.maximumAge = maximumAge
      self.deadLetter = deadLetter
      self.key = key
      self.flexibleWindow = flexibleWindow
    }
  }

  package struct Observed: Sendable {
    package let name: String
    package let arn: String
    let group: String
    let description: String
    let expression: String
    let timeZone: String
    let state: String
    let target: String
    let role: String
    let input: JSONDocument?
    let retryAttempts: Int
    let maximumAge: Int
    let deadLetter: String?
    let key: String?
    let flexibleWindow: Int?
    let bounds: [String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("group", \.group, \.group, .replace(.createThenDelete)),
    Attribute("description", \.description, \.description),
    Attribute("expression", \.expression, \.expression),
    Attribute("timeZone", \.timeZone, \.timeZone),
    Attribute("state", \.state, \.state),
    Attribute("target", \.target, \.target),
    Attribute("role", \.role, \.role),
    Attribute("input", \.input, \.input, equality: .document),
    Attribute("retryAttempts", \.retryAttempts, \.retryAttempts),
    Attribute("maximumAge", \.maximumAge, \.maximumAge),
    Attribute("deadLetter", \.deadLetter, \.deadLetter),
    Attribute("key", \.key, \.key),
    Attribute("flexibleWindow", \.flexibleWindow, \.flexibleWindow),
    Attribute("bounds", \.bounds, \.bounds),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? {
    desired.group.known.map { key(group: $0, desired.name) }
  }

  private static func key(group: String, _ name: String) -> String { "\(group)/\(name)" }

  /// The listing tells names and no more.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let groups = query.parents.map { $0.typed(ScheduleGroup.self) }.filter { group in
      if case .stack(query.stack, _) = OwnerTag.owner(group.tags) { true } else { false }
    }
    let places = try await places(in: groups, query, aws)
    return try await places.concurrently { (place) async throws(CallError) -> Observed? in
      let schedule = try await ifThere { () async throws(CallError) in
        try await aws(Scheduler.getSchedule, .init(name: place.name, groupName: place.group))
      }
      return schedule.map { Observed($0, at: place) }
    }.compactMap(\.self)
  }

  struct Place: Sendable {
    let group: String
    let name: String
  }

  private static func places(
    in groups: [ScheduleGroup.Observed], _ query: Query<Self>, _ aws: AWS
  ) async throws(CallError) -> [Place] {
    if let focus = query.focusName {
      return groups.filter { focus.hasPrefix("\($0.name)/") }
        .map { Place(group: $0.name, name: String(focus.dropFirst($0.name.count + 1))) }
    }
    return try await groups.concurrently { (group) async throws(CallError) -> [Place] in
      let listed = try await ifThere { () async throws(CallError) in
        try await aws.all(Scheduler.listSchedules, .init(groupName: group.name), \.schedules)
      }
      return (listed ?? []).compactMap { schedule in schedule.name.map { Place(group: group.name, name: $0) } }
    }.flatMap(\.self)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let whole = try Whole(desired)
    do throws(CallError) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(Scheduler.createSchedule, whole.creation)
      }
    } catch {
      throw error.tellingWhatExists
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    let whole = try Whole(desired)
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(Scheduler.updateSchedule, whole.update)
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Scheduler.deleteSchedule, .init(name: observed.name, groupName: observed.group))
  }

  package static func facts(_ observed: Observed) -> Facts {
    let key = key(group: observed.group, observed.name)
    return Facts(id: key, key: key, owner: .parent)
  }
}
