// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension Stage {
  /// The secret of an application user.
  var secret: Node<Secret> {
    Node(
      "app",
      .init(
        name: "\(stack)-app", description: "the user of a sample", key: key.output(\.arn), policy: readers("user/one"),
        username: "app", database: "sample", host: cluster.output(\.endpoint), port: cluster.output(\.port),
        masterSecret: cluster.output(\.masterSecret), tags: tags(Secret.name, "app")))
  }

  fileprivate func readers(_ principal: String) -> String {
    """
    {"Version": "2012-10-17", "Statement": [
      {"Sid": "Readers", "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
       "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::\(account):\(principal)"}}}]}
    """
  }
}

extension Secret: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      stage.secret, needs: stage.clusterNeeds + [stage.cluster.resource(), stage.otherKey.resource()],
      others: [
        .other(\.description, "another description"),
        .other(\.key, stage.otherKey.output(\.arn)),
        .other(\.policy, stage.readers("user/two")),
        .other(\.tags, stage.tags(name, "app", team: "platform")),
      ],
      drifts: [
        Drift("the resource policy taken away", changes: "policy") { stage, live in
          try await stage.edit("secretsmanager", "DeleteResourcePolicy", ["SecretId": .string(live.id)])
        },
        Drift("another key", changes: "key") { stage, live in
          try await stage.edit(
            "secretsmanager", "UpdateSecret",
            ["SecretId": .string(live.id), "KmsKeyId": .string(try await stage.live(KMSKey.name, "other").id)])
        },
      ])
  }
}

extension Stage {
  /// A second key of the stack.
  fileprivate var otherKey: Node<KMSKey> {
    Node(
      "other",
      .init(
        alias: "alias/harecon/\(stack)/other", description: "another key", policy: key.desired.policy,
        rotationPeriod: 365, tags: tags(KMSKey.name, "other")))
  }
}
