// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension Dashboard: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let lag = stage.alarm("lag")
    let widget: JSONDocument = [
      "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6,
      "properties": [
        "region": .text(Stage.region), "title": .reference(lag.output(\.name)),
        "metrics": [["AWS/RDS", "AuroraReplicaLagMaximum", "DBClusterIdentifier", "sample"]],
      ],
    ]
    let tags = stage.tags(name, "main")
    let node = Node<Self>("main", .init(name: "sample-overview", widgets: [widget], tags: tags))
    return Sample(
      node, needs: [lag.resource()],
      others: [
        .other(\.body, Desired(name: "sample-overview", widgets: [widget], start: "-PT3H", tags: tags).body),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ],
      drifts: [
        Drift("somebody arranges it anew", changes: "body") { stage, live in
          try await stage.edit(
            "cloudwatch", "PutDashboard", ["DashboardName": .string(live.id), "DashboardBody": "{\"widgets\": []}"])
        }
      ])
  }
}
