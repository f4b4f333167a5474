// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension DBCluster: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let otherKey = "arn:aws:kms:us-east-1:\(stage.account):key/11111111-2222-3333-4444-555555555555"
    guard let later = Version("15.12") else { preconditionFailure("a version") }
    let otherGroup = Node<DBClusterParameterGroup>(
      "other",
      .init(
        name: "\(stage.stack)-other-pg15", family: "aurora-postgresql15", description: "other settings",
        parameters: [:],
        tags: stage.tags(DBClusterParameterGroup.name, "other")))
    let web = stage.group("web")
    let webRules = Node<SecurityGroupRules>(
      "web",
      .init(group: web.output(\.id), ingress: [SecurityRule(.tcp(5432...5432), .cidr("10.41.0.0/16"))], egress: []))
    let otherSubnets = Node<DBSubnetGroup>(
      "other",
      .init(
        name: "\(stage.stack)-other", description: "other subnets", subnets: stage.subnets.map { $0.output(\.id) },
        tags: stage.tags(DBSubnetGroup.name, "other")))
    return Sample(
      stage.cluster,
      needs: stage.clusterNeeds
        + [otherGroup.resource(), web.resource(), webRules.resource(), otherSubnets.resource()],
      others: [
        .other(\.version.major, "16"),
        .other(\.version.text, later.text),
        .other(\.databaseName, "another"),
        .other(\.masterUsername, "another"),
        .other(\.port, 5433),
        .other(\.capacity, .init(min: 1.5, max: 16)),
        .other(\.subnetGroup, otherSubnets.output(\.name)),
        .other(\.parameterGroup, otherGroup.output(\.name)),
        .other(\.securityGroups, [stage.group("database").output(\.id), web.output(\.id)]),
        .other(\.storageType, "aurora-iopt1"),
        .other(\.storageEncrypted, false),
        .other(\.key, given: otherKey),
        .other(\.masterSecretKey, .given(otherKey)),
        .other(\.iamAuthentication, false),
        .other(\.backupRetention, 7),
        .other(\.backupWindow, "01:00-02:00"),
        .other(\.maintenanceWindow, "sun:05:00-sun:06:00"),
        .other(\.autoMinorUpgrade, true),
        .other(\.deletionProtection, false),
        .other(\.copyTagsToSnapshot, false),
        .other(\.logExports, ["instance", "iam-db-auth-error"]),
        .other(\.insights, .init(mode: "advanced", retention: 465)),
        .other(\.insightsKey, .given(otherKey)),
        .other(\.dataAPI, false),
        .other(\.lifecycleSupport, "open-source-rds-extended-support"),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ],
      untried: [
        "managedPassword": "no spec turns it off: harecon knows no password to put in its place"
      ],
      drifts: [
        Drift("protection switched off by hand", changes: "deletionProtection") { stage, live in
          try await stage.edit(
            "rds", "ModifyDBCluster",
            ["DBClusterIdentifier": .string(live.id), "DeletionProtection": false, "ApplyImmediately": true])
        },
        Drift("a shorter retention queued for the maintenance window", changes: "backupRetention") { stage, live in
          try await stage.edit(
            "rds", "ModifyDBCluster",
            ["DBClusterIdentifier": .string(live.id), "BackupRetentionPeriod": 1, "ApplyImmediately": false])
        },
      ])
  }
}
