// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension MetricAlarm: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let topic: (String) -> Input<String> = { .given("arn:aws:sns:\(Stage.region):\(stage.account):sample-\($0)") }
    let node = Node<Self>(
      "lag",
      .init(
        name: "sample-lag", description: "a reader is behind",
        on: WatchedMetric(
          "AWS/RDS", "AuroraReplicaLagMaximum", ["DBClusterIdentifier": "sample", "Role": "WRITER"], .maximum,
          unit: "Milliseconds"),
        .above, 1000, evaluationPeriods: 3, missingData: .notBreaching,
        actions: AlarmActions(alarm: [topic("critical")], ok: [topic("critical")]), tags: stage.tags(name, "lag")))
    return Sample(
      node,
      others: [
        .other(\.description, "a reader is far behind"),
        .other(\.namespace, "harecon"),
        .other(\.metric, "AuroraReplicaLag"),
        .other(\.dimensions, ["DBClusterIdentifier": "sample", "Role": "READER"]),
        .other(\.statistic, .percentile(99)),
        .other(\.period, 300),
        .other(\.unit, nil),
        .other(\.comparison, .atLeast),
        .other(\.threshold, 2000.5),
        .other(\.evaluationPeriods, 5),
        .other(\.datapointsToAlarm, 2),
        .other(\.missingData, .breaching),
        .other(\.warmUp, 15),
        .other(\.actions.alarm, [topic("warning"), topic("critical")]),
        .other(\.actions.ok, []),
        .other(\.actions.insufficientData, [topic("warning")]),
        .other(\.actions.areEnabled, false),
        .other(\.tags, stage.tags(name, "lag", team: "platform")),
      ],
      untried: ["metrics": "an alarm watches one metric or an expression; a test of its own changes the expression"],
      drifts: [
        Drift("actions switched off for a drill and forgotten", changes: "actionsEnabled") { stage, live in
          try await stage.edit("cloudwatch", "DisableAlarmActions", ["AlarmNames": [.string(live.id)]])
        }
      ])
  }
}
