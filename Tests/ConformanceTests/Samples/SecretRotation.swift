// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension SecretRotation: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      Node<Self>(
        "master",
        .init(
          subject: .master(cluster: stage.stack), secret: stage.cluster.output(\.masterSecret),
          schedule: "cron(0 3 ? * SUN *)")),
      needs: stage.clusterNeeds + [stage.cluster.resource()],
      others: [
        .other(\.schedule, "cron(0 3 ? * MON *)"),
        .other(\.duration, "4h"),
      ],
      untried: [
        "secret": "it is what the rotation is known by, and each cluster has one",
        "function": "RDS rotates the secret of a master user; another test tries one",
      ],
      drifts: [
        Drift("another schedule", changes: "schedule") { stage, live in
          guard case .string(let secret) = live.values[0] else { return }
          try await stage.edit(
            "secretsmanager", "RotateSecret",
            [
              "SecretId": .string(secret), "RotateImmediately": false,
              "RotationRules": ["ScheduleExpression": "cron(0 5 ? * * *)", "Duration": "2h"],
            ])
        }
      ])
  }
}
