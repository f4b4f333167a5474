// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension DBClusterParameterGroup: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      stage.clusterParameters,
      others: [
        .other(\.family, "aurora-postgresql16"),
        // One value changes, one goes, and a static one comes.
        .other(\.parameters, ["log_min_duration_statement": "500", "track_commit_timestamp": "1"]),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ],
      drifts: [
        Drift("a parameter that somebody else has set", changes: "parameters") { stage, live in
          try await stage.edit(
            "rds", "ModifyDBClusterParameterGroup",
            [
              "DBClusterParameterGroupName": .string(live.id),
              "Parameters": [
                ["ParameterName": "log_lock_waits", "ParameterValue": "1", "ApplyMethod": "immediate"]
              ],
            ])
        }
      ])
  }
}

extension DBParameterGroup: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      stage.instanceParameters(),
      others: [
        .other(\.family, "aurora-postgresql16"),
        .other(\.parameters, ["log_lock_waits": "1"]),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ])
  }
}
