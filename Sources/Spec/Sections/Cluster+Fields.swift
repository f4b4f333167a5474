// SPDX-License-Identifier: Apache-2.0

extension Cluster: Section {
  package static let fields: [Field<Cluster>] = [
    .section(
      "version", \.$version, required: true, "The version of Aurora PostgreSQL. A downgrade is never an action.",
      example: "{exact: \"15.10\"}"),
    .required(
      "database", \.$database, .text(.database),
      "The first database, made with the cluster. It cannot be changed later.", example: "payments"),
    .defaulted(
      "masterUser", \.$masterUser, .text(.user), "postgres",
      """
      The master user; Secrets Manager makes and rotates the password, which harecon never sees. It cannot be changed \
      later.
      """),
    .defaulted(
      "port", \.$port, .integer(1150...65_535), 5432,
      "The database's port. Changing it restarts all members at once."),
    .section(
      "capacity", \.$capacity, required: true,
      "How far each Serverless v2 instance scales, in Aurora capacity units of about 2 GiB of memory each.",
      example: "{min: 2, max: 32}"),
    .required(
      "members", \.$members, .list(of: Member.self, atLeast: 1),
      "The cluster's instances, at least three over at least three zones. Aurora chooses which one writes.",
      example: """
        [{name: a, zone: us-east-1a, tier: 0}, {name: b, zone: us-east-1b, tier: 0}, \
        {name: c, zone: us-east-1c, tier: 1}]
        """),
    .defaulted(
      "parameters", \.$parameters, .map(keys: .parameterName, values: .parameterValue), LocatedMap(),
      "Cluster parameters on top of harecon's own for high availability. Values are in quotes, as PostgreSQL has them.",
      example: "{log_min_duration_statement: \"1000\"}"),
    .defaulted(
      "dataAPI", \.$dataAPI, .flag, true,
      "SQL over HTTPS with a connection pool that AWS keeps; the stack's functions use it."),
    .defaulted(
      "protection", \.$protection, .flag, true,
      "Deletion protection of the cluster. Only `destroy` switches it off."),
    .defaulted(
      "iamAuthentication", \.$iamAuthentication, .flag, true,
      "Lets roles log in with short-lived IAM tokens beside passwords."),
    .defaulted(
      "storage", \.$storage, .choice, .standard,
      "How storage is charged. It is changed without an interruption."),
    .defaulted(
      "backupRetention", \.$backupRetention, .duration, .days(14),
      "How long automated backups are kept, 1 to 35 days: how far back a point-in-time restore can go."),
    .defaulted(
      "backupWindow", \.$backupWindow, .dailyWindow, .everyNight,
      "When the daily snapshot is taken, in UTC, at least 30 minutes, apart from the maintenance window."),
    .defaulted(
      "maintenanceWindow", \.$maintenanceWindow, .weeklyWindow, .sundayMorning,
      "When AWS may restart members for maintenance, in UTC, at least 30 minutes."),
    .defaulted(
      "minorUpgrades", \.$minorUpgrades, .choice, .manual,
      "Who decides on minor engine upgrades, each of which interrupts writes."),
    .defaulted(
      "extendedSupport", \.$extendedSupport, .flag, false,
      """
      Keeps the engine version after the end of standard support, for a charge per capacity unit. Without it AWS upgrades \
      the major version by itself after that date. It is decided when the cluster is made.
      """),
    .defaulted(
      "certificateAuthority", \.$certificateAuthority, .choice, .rsa2048,
      "Who signs the members' TLS certificates."),
    .defaulted(
      "logExports", \.$logExports, .list(of: .choice), items: [.postgresql],
      "Logs that go to CloudWatch, each to a group made beforehand with the stack's key and `logRetention`."),
    .defaulted(
      "logRetention", \.$logRetention, .duration, .days(400),
      "How long exported logs are kept, in the numbers of days that CloudWatch Logs knows."),
    .defaulted(
      "insights", \.$insights, .choice, .standard,
      "How much Database Insights records."),
    .defaulted(
      "monitoringInterval", \.$monitoringInterval, .duration, .seconds(10),
      "How often enhanced monitoring records the operating system: 0s (off), 1s, 5s, 10s, 15s, 30s or 60s."),
  ]
}

extension Version: Section {
  package static let fields: [Field<Version>] = [
    .optional(
      "exact", \.$exact, .version,
      """
      This version, in quotes. A live cluster that AWS has moved ahead is reported and left alone. `15.10` is the \
      long-term-support version of major 15.
      """, example: "\"15.10\""),
    .optional(
      "atLeast", \.$atLeast, .version,
      "This version or a later one of the same major version, in quotes.", example: "\"15.8\""),
  ]
}

extension Capacity: Section {
  package static let fields: [Field<Capacity>] = [
    .required(
      "min", \.$min, .number(step: 0.5),
      "What each instance has at least, 1 or more: an instance at 0 pauses, and takes 15 to 30 seconds to resume.",
      example: "2"),
    .required(
      "max", \.$max, .number(step: 0.5),
      "What each instance has at most, up to 256. `max_connections` follows it after the next restart.",
      example: "32"),
  ]
}

extension Member: Section {
  package static let fields: [Field<Member>] = [
    .required(
      "name", \.$name, .text(.memberName),
      "The member's name within the stack: its instance is `<stack>-<name>`.", example: "a"),
    .required(
      "zone", \.$zone, .zone, "Its availability zone, one of `network.zones`.", example: "us-east-1a"),
    .defaulted(
      "tier", \.$tier, .integer(0...15), 1,
      """
      Its promotion tier: the lowest is promoted first. Members of tiers 0 and 1 scale with the writer, so that they are \
      large enough to take over; those of 2 and above scale on their own.
      """),
  ]
}
