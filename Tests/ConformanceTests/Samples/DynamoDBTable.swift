// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension DynamoDBTable: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let table = Node<Self>(
      "lease",
      .init(
        name: "\(stage.stack)-lease", partitionKey: .init("id"), expiry: "expires", key: stage.key.output(\.arn),
        tags: stage.tags(name, "lease")))
    return Sample(
      table, needs: [stage.key.resource()],
      others: [
        .other(\.partitionKey, .init("id", "N")),
        .other(\.sortKey, .init("fence", "N")),
        .other(\.expiry, "until"),
        .other(\.recovery, 7),
        .other(\.key, nil),
        .other(\.deletionProtection, false),
        .other(\.tags, stage.tags(name, "lease", team: "platform")),
      ],
      untried: ["billing": "a spec cannot ask for capacity; the drift tries it"],
      drifts: [
        Drift("capacity bought by hand", changes: "billing") { stage, live in
          try await stage.edit(
            "dynamodb", "UpdateTable",
            [
              "TableName": .string(live.id), "BillingMode": "PROVISIONED",
              "ProvisionedThroughput": ["ReadCapacityUnits": 5, "WriteCapacityUnits": 5],
            ])
        },
        Drift("recovery switched off", changes: "recovery") { stage, live in
          try await stage.edit(
            "dynamodb", "UpdateContinuousBackups",
            [
              "TableName": .string(live.id),
              "PointInTimeRecoverySpecification": ["PointInTimeRecoveryEnabled": false],
            ])
        },
      ])
  }
}
