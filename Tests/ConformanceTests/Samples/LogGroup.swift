// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension LogGroup: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let node = Node<LogGroup>(
      "cluster-postgresql",
      .init(
        name: "/aws/rds/cluster/\(stage.stack)/postgresql", retention: 400, key: stage.key.output(\.arn),
        tags: stage.tags(name, "cluster-postgresql")))
    return Sample(
      node, needs: [stage.key.resource()],
      others: [
        .other(\.retention, 30),
        .other(\.key, nil),
        .other(\.storageClass, "INFREQUENT_ACCESS"),
        .other(\.deletionProtection, true),
        .other(\.tags, stage.tags(name, "cluster-postgresql", team: "platform")),
      ],
      drifts: [
        Drift("retention switched off", changes: "retention") { stage, live in
          try await stage.edit("logs", "DeleteRetentionPolicy", ["logGroupName": .string(live.id)])
        }
      ])
  }
}
