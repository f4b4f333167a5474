// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Who is told about what.
package struct Alerts: Sendable {
  @Located package var critical: [AlertChannel]
  @Located package var warning: [AlertChannel]
  @Located package var reconciledWithin: Duration?

  package init() {}
}

/// One way to reach somebody: exactly one of the four is given.
package struct AlertChannel: Sendable {
  @Located package var https: String?
  @Located package var email: String?
  @Located package var sqs: String?
  @Located package var lambda: String?

  package init() {}

  /// A subscription's protocol, as SNS names it, and its endpoint.
  package struct Target: Sendable, Hashable {
    package let transport: String
    package let endpoint: Located<String>

    package static func == (a: Target, b: Target) -> Bool {
      a.transport == b.transport && a.endpoint.value == b.endpoint.value
    }

    package func hash(into hasher: inout Hasher) {
      hasher.combine(transport)
      hasher.combine(endpoint.value)
    }
  }

  /// Everything that is given, in the order of the fields.
  var targets: [Target] {
    [("https", $https), ("email", $email), ("sqs", $sqs), ("lambda", $lambda)].compactMap { transport, field in
      field.value.map { Target(transport: transport, endpoint: Located($0, span: field.span)) }
    }
  }

  /// - Precondition: one of the four is given, as it is in every `Stack` that was handed out.
  package var target: Target {
    guard let target = targets.first else { preconditionFailure("an alert goes nowhere") }
    return target
  }
}

extension Alerts: Section {
  package static let fields: [Field<Alerts>] = [
    .defaulted(
      "critical", \.$critical, .list(of: AlertChannel.self), [],
      "Who is woken: the writer is down, a failover failed, data may be at risk, a backup did not restore.",
      example: "[{email: oncall@example.com}]"),
    .defaulted(
      "warning", \.$warning, .list(of: AlertChannel.self), [],
      "Who is told in working hours: lag, capacity, a dead letter, a function's errors."),
    .optional(
      "reconciledWithin", \.$reconciledWithin, .duration,
      """
      Those of `warning` are told when `harecon reconcile` has not finished a pass for this long, 1m to 1d in whole minutes. \
      Without it nobody is: leave it out unless a loop runs.
      """, example: "1h"),
  ]
}

extension AlertChannel: Section {
  package static let fields: [Field<AlertChannel>] = [
    .optional(
      "https", \.$https, .url,
      "A web hook. It has to confirm the subscription that SNS sends first.",
      example: "\"https://alerts.example.com/hook\""),
    .optional(
      "email", \.$email, .email,
      "A mailbox. Somebody has to confirm the mail that SNS sends first.", example: "oncall@example.com"),
    .optional(
      "sqs", \.$sqs, .queueARN,
      "A standard queue's ARN. Its own policy has to let the topic send.",
      example: "arn:aws:sqs:us-east-1:111122223333:alerts"),
    .optional(
      "lambda", \.$lambda, .functionARN,
      "A function's ARN. Its own policy has to let the topic invoke it.",
      example: "arn:aws:lambda:us-east-1:111122223333:function:pager"),
  ]
}
