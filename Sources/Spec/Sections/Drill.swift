// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A fault that is injected every week, to see that the stack survives it.
///
/// A drill has no stop condition of its own: every experiment stops on `Names.dataSafetyAlarm`, which watches for data at
/// risk and not for a writer that is down, so that no drill can stop itself by doing what it is for.
package struct Drill: Sendable {
  @Located package var name: String
  @Located package var fault: DrillFault
  @Located package var schedule: WeeklyTime
  @Located package var member: String?
  @Located package var zone: String?
  @Located package var duration: Duration

  package init() {}

  fileprivate init(_ name: String, _ fault: DrillFault, _ schedule: WeeklyTime) {
    func located<Value: Sendable>(_ value: Value) -> Located<Value> { Located(value, span: .nowhere, isDefault: true) }
    _name = located(name)
    _fault = located(fault)
    _schedule = located(schedule)
    _member = located(nil)
    _zone = located(nil)
    _duration = located(Self.usualDuration)
  }

  fileprivate static let usualDuration = Duration.minutes(2)

  static let weeklyFailover = Drill("weekly-failover", .writerFailover, .sundayNight)
}

package enum DrillFault: String, Choice {
  case writerFailover = "writer-failover"
  case memberRestart = "member-restart"
  case zoneIsolation = "zone-isolation"

  package var meaning: String {
    switch self {
    case .writerFailover: "Aurora fails over to another member"
    case .memberRestart: "the database of one member, `member`, restarts, whichever role it has at that time"
    case .zoneIsolation: "the private subnet of one zone, `zone`, is cut off for `duration`"
    }
  }
}

extension Drill: Section {
  package static let fields: [Field<Drill>] = [
    .required(
      "name", \.$name, .text(.itemName), "The drill's name.", example: "weekly-failover"),
    .required(
      "fault", \.$fault, .choice, "What is broken.", example: "writer-failover"),
    .required(
      "schedule", \.$schedule, .weeklyTime,
      "When, every week. A drill that cannot begin within five minutes is left out.", example: "Sun 03:00 UTC"),
    .optional(
      "member", \.$member, .text(.memberName), "For `member-restart`: one of `cluster.members`.", example: "a"),
    .optional(
      "zone", \.$zone, .zone, "For `zone-isolation`: one of `network.zones`.", example: "us-east-1a"),
    .defaulted(
      "duration", \.$duration, .duration, usualDuration,
      "For `zone-isolation`: how long, 1m to 30m in whole minutes."),
  ]

  /// As one would write it in the spec; what has its default is left out.
  var specText: String {
    "{name: \(Scalar.written(name)), fault: \(fault.rawValue), schedule: \(Scalar.written(schedule.description))}"
  }
}
