// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension LogGroup: Sampled {
  static func sample(in stage: Stage) -> Sample {
    return Sample(
      stage.clusterLog, needs: [stage.key.resource()],
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
