// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension SNSTopic: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let role = stage.deliveryRole
    var node = stage.topic("critical").desired
    node.deliveryLogs = [
      "HTTP": .init(role: role.output(\.arn)), "Lambda": .init(role: role.output(\.arn), successes: 100),
    ]
    return Sample(
      Node<SNSTopic>("critical", node), needs: [stage.key.resource(), role.resource()],
      others: [
        .other(\.displayName, "another name"),
        .other(\.policy, stage.topicPolicy("critical", service: "events.amazonaws.com")),
        .other(\.key, nil),
        .other(
          \.deliveryPolicy,
          """
          {"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 30, "numRetries": 10}}}
          """),
        .other(\.signatureVersion, "1"),
        .other(\.tracing, "Active"),
        .other(\.deliveryLogs, ["HTTP": .init(role: role.output(\.arn), successes: 50)]),
        .other(\.tags, stage.tags(name, "critical", team: "platform")),
      ],
      drifts: [
        Drift("the topic opened to everybody", changes: "policy") { stage, live in
          let policy = """
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "\(live.id)"}]}
            """
          try await stage.setTopic(live.id, "Policy", policy)
        },
        Drift("encryption switched off", changes: "key") { stage, live in
          try await stage.setTopic(live.id, "KmsMasterKeyId", "")
        },
        Drift("the log of failed deliveries switched off", changes: "deliveryLogs") { stage, live in
          try await stage.setTopic(live.id, "HTTPFailureFeedbackRoleArn", "")
        },
      ])
  }
}

extension Stage {
  func topicARN(_ what: String) -> String { "arn:aws:sns:\(Self.region):\(account):\(stack)-\(what)" }

  func topicPolicy(_ what: String, service: String) -> String {
    """
    {"Version": "2012-10-17", "Statement": [
      {"Sid": "Publish", "Effect": "Allow", "Principal": {"Service": "\(service)"}, "Action": "sns:Publish",
       "Resource": "\(topicARN(what))", "Condition": {"StringEquals": {"aws:SourceAccount": "\(account)"}}}]}
    """
  }

  func topic(_ what: String) -> Node<SNSTopic> {
    Node(
      what,
      .init(
        name: "\(stack)-\(what)", displayName: "sample", policy: topicPolicy(what, service: "cloudwatch.amazonaws.com"),
        key: key.output(\.arn), tags: tags(SNSTopic.name, what)))
  }

  /// With which SNS logs its deliveries.
  var deliveryRole: Node<IAMRole> {
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
      """
    let policy = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
         "Resource": "arn:aws:logs:\(Self.region):\(account):log-group:sns/*"}]}
      """
    return Node(
      "delivery",
      .init(
        name: "\(stack)-delivery", path: "/harecon/\(stack)/", description: "logs deliveries", trust: trust,
        inlinePolicies: ["log": policy], tags: tags(IAMRole.name, "delivery")))
  }

  func setTopic(_ arn: String, _ attribute: String, _ value: String) async throws {
    try await edit(
      "sns", "SetTopicAttributes",
      ["TopicArn": .string(arn), "AttributeName": .string(attribute), "AttributeValue": .string(value)])
  }
}
