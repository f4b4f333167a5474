// SPDX-License-Identifier: Apache-2.0

internal import Core

/// How a failure of the writer is noticed.
package struct HealthChecks: Sendable {
  @Located package var endpoint: HealthEndpoint
  @Located package var probe: HealthProbe
  @Located package var checks: [SQLCheck]
  @Located package var replicaLag: ReplicaLag

  package init() {}
}

/// The Route 53 health check, which drives the service's name.
package struct HealthEndpoint: Sendable {
  @Located package var every: Duration
  @Located package var failures: Int
  @Located package var timeout: Duration
  @Located package var answer: String
  @Located package var regions: [Located<CheckerRegion>]?

  package init() {}
}

/// The probe inside the network, which tells the coordinator and drives an alarm of its own.
package struct HealthProbe: Sendable {
  @Located package var every: Duration
  @Located package var attempts: Int
  @Located package var timeout: Duration
  @Located package var pause: Duration

  package init() {}

  /// How long the attempts of one round take when all of them hang.
  package var longestRound: Duration { timeout * attempts + pause * (attempts - 1) }
}

/// An SQL query with the answer that it should give.
package struct SQLCheck: Sendable {
  @Located package var name: String
  @Located package var sql: String
  @Located package var expect: String

  package init() {}

  /// One of the spec's own defaults.
  init(_ name: String, _ sql: String, expect: String) {
    _name = Located(name, span: .nowhere, isDefault: true)
    _sql = Located(sql, span: .nowhere, isDefault: true)
    _expect = Located(expect, span: .nowhere, isDefault: true)
  }
}

/// From which lag of a reader on somebody is told.
package struct ReplicaLag: Sendable {
  @Located package var warn: Duration
  @Located package var page: Duration

  package init() {}
}

/// A region that Route 53's health checkers stand in.
package enum CheckerRegion: String, Choice {
  case virginia = "us-east-1"
  case california = "us-west-1"
  case oregon = "us-west-2"
  case ireland = "eu-west-1"
  case singapore = "ap-southeast-1"
  case sydney = "ap-southeast-2"
  case tokyo = "ap-northeast-1"
  case saoPaulo = "sa-east-1"

  package var meaning: String {
    switch self {
    case .virginia: "Northern Virginia"
    case .california: "Northern California"
    case .oregon: "Oregon"
    case .ireland: "Ireland"
    case .singapore: "Singapore"
    case .sydney: "Sydney"
    case .tokyo: "Tokyo"
    case .saoPaulo: "São Paulo"
    }
  }
}

extension HealthChecks: Section {
  package static let fields: [Field<HealthChecks>] = [
    .section(
      "endpoint", \.$endpoint, required: false,
      """
      Route 53's check of the health function, over HTTPS with a string to match: the function runs the checks on the \
      writer and answers with `answer` when all of them pass. It drives the service's name. Route 53's checkers stand \
      outside of every VPC, so that a check of the database's own address could never pass.
      """),
    .section(
      "probe", \.$probe, required: false,
      """
      The probe inside the network: it logs in to the writer as a client does, tells the coordinator at once when all \
      attempts of a round have failed, and records a high-resolution metric with an alarm of its own.
      """),
    .defaulted(
      "checks", \.$checks, .list(of: SQLCheck.self, atLeast: 1, text: \.specText), [.writable],
      """
      What has to be true of the writer. Beside these every round writes one heartbeat row, so that a reader, or a writer \
      whose storage is stuck, does not pass for a healthy writer.
      """),
    .section(
      "replicaLag", \.$replicaLag, required: false,
      "Lag of the readers' caches behind the writer. No data is missing on a lagging reader, but it answers with old rows."
    ),
  ]
}

extension HealthEndpoint: Section {
  package static let fields: [Field<HealthEndpoint>] = [
    .defaulted(
      "every", \.$every, .duration, .seconds(10),
      "How often each of Route 53's checkers asks: 10s or 30s. Changing it replaces the check."),
    .defaulted(
      "failures", \.$failures, .integer(1...10), 2,
      "How many times in a row a checker must fail, or succeed, to change its mind."),
    .defaulted(
      "timeout", \.$timeout, .duration, .milliseconds(1500),
      "When the health function gives up on the database and answers that it is unhealthy: Route 53 waits for 2 seconds."
    ),
    .defaulted(
      "answer", \.$answer, .text(.checkAnswer), "HARECON-OK writer",
      "What the health function answers when all is well, and Route 53 looks for."),
    .optional(
      "regions", \.$regions, .list(of: .choice, atLeast: 3),
      "Where checkers stand, at least three regions; all eight when left out.",
      example: "[us-east-1, us-west-2, eu-west-1]"),
  ]
}

extension HealthProbe: Section {
  package static let fields: [Field<HealthProbe>] = [
    .defaulted(
      "every", \.$every, .duration, .seconds(10),
      "How often the probe looks: 10s, 20s or 30s. It is the period of its metric and of its alarm too."),
    .defaulted(
      "attempts", \.$attempts, .integer(1...5), 2,
      "How many attempts in a row must fail before the writer counts as failed."),
    .defaulted(
      "timeout", \.$timeout, .duration, .milliseconds(1500),
      "How long one attempt may take, login and checks together."),
    .defaulted(
      "pause", \.$pause, .duration, .seconds(1),
      "How long the probe waits after a failed attempt."),
  ]
}

extension SQLCheck: Section {
  package static let fields: [Field<SQLCheck>] = [
    .required(
      "name", \.$name, .text(.itemName), "The check's name, in logs and metrics.", example: "writable"),
    .required(
      "sql", \.$sql, .sql,
      "One statement that gives one row with one column.", example: "\"select not pg_is_in_recovery()\""),
    .required(
      "expect", \.$expect, .text(.expectedAnswer),
      "The value that it should give, in quotes, as PostgreSQL prints it: booleans are `true` and `false`.",
      example: "\"true\""),
  ]

  /// The checks as the functions are told them: a list in JSON.
  package static func text(_ checks: [SQLCheck]) -> String {
    let items = checks.map { check -> JSON in
      ["name": .string(check.name), "sql": .string(check.sql), "expect": .string(check.expect)]
    }
    return JSON.array(items).text()
  }

  static let writable = SQLCheck("writable", "select not pg_is_in_recovery()", expect: "true")

  /// As one would write it in the spec.
  var specText: String {
    "{name: \(Scalar.written(name)), sql: \(Scalar.written(sql)), expect: \(Scalar.written(expect))}"
  }
}

extension ReplicaLag: Section {
  package static let fields: [Field<ReplicaLag>] = [
    .defaulted(
      "warn", \.$warn, .duration, .milliseconds(500),
      "From this lag on, for three minutes, those of `alerts.warning` are told."),
    .defaulted(
      "page", \.$page, .duration, .seconds(2),
      "From this lag on, for three minutes, those of `alerts.critical` are told, and the reader is no candidate."),
  ]
}
