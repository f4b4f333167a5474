// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension KMSKey: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let policy = """
      {"Version": "2012-10-17", "Statement": [
        {"Sid": "Administration", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::\(stage.account):root"},
         "Action": "kms:*", "Resource": "*"}]}
      """
    return Sample(
      stage.key,
      others: [
        .other(\.description, "another description"),
        .other(\.policy, policy),
        .other(\.rotationPeriod, 180),
        .other(
          \.tags,
          stage.tags(name, "main", team: "platform").merging(["harecon:deletion-window": "30"]) { old, _ in old }),
      ],
      untried: [
        "alias": "it is what the key is known by: another alias is another key",
        "state": "no spec asks for a key that is switched off",
      ],
      drifts: [
        Drift("the key switched off", changes: "state") { stage, live in
          try await stage.edit("kms", "DisableKey", ["KeyId": .string(live.id)])
        },
        Drift("the deletion of the key scheduled", changes: "state") { stage, live in
          try await stage.edit("kms", "ScheduleKeyDeletion", ["KeyId": .string(live.id), "PendingWindowInDays": 7])
        },
        Drift("the alias taken away", changes: "alias") { stage, live in
          try await stage.edit("kms", "DeleteAlias", ["AliasName": .string("alias/harecon/\(stage.stack)/main")])
        },
        Drift("rotation switched off", changes: "rotationPeriod") { stage, live in
          try await stage.edit("kms", "DisableKeyRotation", ["KeyId": .string(live.id)])
        },
      ])
  }
}
