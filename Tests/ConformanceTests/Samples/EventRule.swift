// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension EventRule: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let orders = stage.function("orders")
    let deadLetters = stage.arn("sqs", "sample-dead-letters")
    let node = Node<Self>(
      "database",
      .init(
        name: "sample-database", description: "what Aurora says of a failover",
        pattern: [
          "source": ["aws.rds"], "detail-type": ["RDS DB Cluster Event"],
          "detail": ["EventID": ["RDS-EVENT-0069", "RDS-EVENT-0070"]],
        ],
        targets: [
          "coordinator": EventTarget(orders, deadLetter: deadLetters),
          "audit": EventTarget(
            stage.function("audit"), input: .template("{\"id\": <id>}", paths: ["id": "$.id"]), deadLetter: deadLetters),
        ],
        tags: stage.tags(name, "database")))
    return Sample(
      node,
      others: [
        .other(\.description, "another description"),
        .other(\.pattern, ["source": ["aws.fis"], "detail": ["state": [["prefix": "run"]]]]),
        .other(\.schedule, "rate(5 minutes)"),
        .other(\.state, "DISABLED"),
        .other(
          \.targets,
          [
            "coordinator": EventTarget(orders, retryAttempts: 0, maximumAge: 60, deadLetter: nil),
            "part": EventTarget(stage.function("audit"), input: .part("$.detail"), deadLetter: deadLetters),
            "tick": EventTarget(orders, input: .constant(["tick": true]), deadLetter: deadLetters),
          ]),
        .other(\.tags, stage.tags(name, "database", team: "platform")),
      ],
      drifts: [
        Drift("somebody else has added a target", changes: "targets") { stage, rule in
          try await stage.edit(
            "events", "PutTargets",
            [
              "Rule": .string(rule.id),
              "Targets": [["Id": "spy", "Arn": "arn:aws:sqs:us-east-1:444455556666:spy"]],
            ])
        },
        Drift("a target has lost its limits and its dead-letter queue", changes: "targets") { stage, rule in
          try await stage.edit(
            "events", "PutTargets",
            ["Rule": .string(rule.id), "Targets": [["Id": "audit", "Arn": .string(stage.functionARN("audit"))]]])
        },
        Drift("the rule is switched off", changes: "state") { stage, rule in
          try await stage.edit("events", "DisableRule", ["Name": .string(rule.id)])
        },
      ])
  }
}

extension Stage {
  /// Of a function that need not be there: EventBridge does not ask.
  func function(_ name: String) -> Input<String> { .given(functionARN(name)) }

  func functionARN(_ name: String) -> String { "arn:aws:lambda:\(Self.region):\(account):function:sample-\(name)" }

  func arn(_ service: String, _ resource: String) -> Input<String> {
    .given("arn:aws:\(service):\(Self.region):\(account):\(resource)")
  }
}
