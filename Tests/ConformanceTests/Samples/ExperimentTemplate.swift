// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension ExperimentTemplate: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let database = "arn:aws:rds:\(Stage.region):\(stage.account):cluster:\(stage.stack)"
    let alarms = "arn:aws:cloudwatch:\(Stage.region):\(stage.account):alarm:\(stage.stack)"
    let dashboard = "arn:aws:cloudwatch::\(stage.account):dashboard/\(stage.stack)"
    let drill = Desired(
      description: "fails the writer over", role: stage.faultsRole("faults").output(\.arn),
      roleID: stage.faultsRole("faults").output(\.uniqueID),
      targets: ["writer": Target(resourceType: "aws:rds:cluster", resources: [.given(database)])],
      actions: ["failover": .failover(of: "writer")], stopConditions: ["\(alarms)-ledger"].map { .given($0) },
      logGroup: stage.clusterLog.output(\.arn),
      report: Report(bucket: "evidence-of-a-sample", prefix: "drills", dashboards: [.given(dashboard)]),
      tags: stage.tags(name, "weekly"))
    return Sample(
      Node<ExperimentTemplate>("weekly", drill),
      needs: [
        stage.key.resource(), stage.clusterLog.resource(), stage.faultsRole("faults").resource(),
        stage.faultsRole("others").resource(),
      ],
      others: [
        .other(\.description, "fails it over twice"),
        .other(\.role, stage.faultsRole("others").output(\.arn)),
        .other(
          \.targets,
          [
            "writer": Target(
              resourceType: "aws:rds:cluster", resources: [.given("\(database)-b"), .given(database)],
              parameters: ["writerAvailabilityZoneIdentifiers": "use1-az1"])
          ]),
        .other(
          \.actions,
          [
            "failover": .failover(of: "writer", startAfter: ["calm"]), "calm": .wait("PT2M"),
          ]),
        .other(\.stopConditions, []),
        .other(\.logGroup, nil),
        .other(\.emptyTargets, "skip"),
        .other(\.report, nil),
        .other(\.tags, stage.tags(name, "weekly", team: "platform")),
      ],
      drifts: [
        Drift("targets chosen by tag", changes: "targets") { stage, live in
          try await stage.edit(
            "fis", "UpdateExperimentTemplate",
            [
              "id": .string(live.id),
              "targets": [
                "writer": [
                  "resourceType": "aws:rds:cluster", "resourceTags": ["team": "other"], "selectionMode": "ALL",
                ]
              ],
            ])
        },
        Drift("the stop condition taken away", changes: "stopConditions") { stage, live in
          try await stage.edit(
            "fis", "UpdateExperimentTemplate",
            ["id": .string(live.id), "stopConditions": [["source": "none"]]])
        },
      ])
  }
}

extension Stage {
  /// A role that the Fault Injection Service may take on.
  func faultsRole(_ name: String) -> Node<IAMRole> {
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "fis.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
      """
    let rights = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["rds:FailoverDBCluster", "rds:RebootDBInstance"], "Resource": "*"}]}
      """
    return Node(
      name,
      .init(
        name: "\(stack)-\(name)", path: "/harecon/\(stack)/", description: "a role of a sample", trust: trust,
        inlinePolicies: ["faults": rights],
        tags: tags(IAMRole.name, name)))
  }
}
