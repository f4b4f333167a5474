// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

// The backups that the samples of their parts stand on.

extension Stage {
  var vault: Node<BackupVault> {
    Node(
      "main",
      .init(
        name: "\(stack)-main", key: key.output(\.arn), policy: keeping("backup:DeleteRecoveryPoint"),
        tags: tags(BackupVault.name, "main")))
  }

  fileprivate func keeping(_ action: String) -> String {
    """
    {"Version": "2012-10-17", "Statement": [
      {"Effect": "Deny", "Principal": "*", "Action": "\(action)", "Resource": "*"}]}
    """
  }

  fileprivate func backupRole(_ name: String = "backup") -> Node<IAMRole> {
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
      """
    return Node(
      name,
      .init(
        name: "\(stack)-\(name)", path: "/harecon/\(stack)/", description: "the role of a sample", trust: trust,
        tags: tags(IAMRole.name, name)))
  }

  fileprivate func rule(_ schedule: String) -> BackupPlan.Rule {
    .init(name: "daily", vault: vault.output(\.name), schedule: schedule, deleteAfter: 14, tags: ["team": "dbre"])
  }

  var backupPlan: Node<BackupPlan> {
    Node(
      "daily",
      .init(
        name: "\(stack)-daily", rules: [rule("cron(0 1 ? * * *)")], tags: tags(BackupPlan.name, "daily")))
  }

  fileprivate var clusterARN: Input<String> {
    .given("arn:aws:rds:\(Self.region):\(account):cluster:\(stack)")
  }

  var backupSelection: Node<BackupSelection> {
    Node(
      "aurora",
      .init(
        plan: backupPlan.output(\.id), name: "\(stack)-aurora", role: backupRole().output(\.arn),
        resources: [clusterARN]))
  }

  var restoreTestingPlan: Node<RestoreTestingPlan> {
    Node(
      "daily",
      .init(
        name: RestoreTestingPlan.name("daily", of: stack), schedule: "cron(0 3 ? * * *)",
        vaults: [vault.output(\.arn)], tags: tags(RestoreTestingPlan.name, "daily")))
  }

  var restoreTestingSelection: Node<RestoreTestingSelection> {
    Node(
      "aurora",
      .init(
        plan: restoreTestingPlan.output(\.name), name: "aurora", role: backupRole().output(\.arn),
        clusters: [clusterARN], subnetGroup: subnetGroup.output(\.name),
        securityGroups: [group("database").output(\.id)]))
  }
}

extension BackupVault: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      stage.vault, needs: [stage.key.resource()],
      others: [
        .other(\.key, given: "arn:aws:kms:us-east-1:\(stage.account):key/11111111-2222-3333-4444-555555555555"),
        .other(\.policy, stage.keeping("backup:UpdateRecoveryPointLifecycle")),
        .other(\.lock, Lock(atLeast: 7, atMost: 400)),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ],
      drifts: [
        Drift("the access policy taken away", changes: "policy") { stage, live in
          try await stage.edit("backup", "DeleteBackupVaultAccessPolicy", ["BackupVaultName": .string(live.id)])
        },
        Drift("a lock set by hand", changes: "lock") { stage, live in
          try await stage.edit(
            "backup", "PutBackupVaultLockConfiguration",
            ["BackupVaultName": .string(live.id), "MinRetentionDays": 1, "ChangeableForDays": 3])
        },
      ])
  }
}

extension BackupPlan: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      stage.backupPlan, needs: [stage.key.resource(), stage.vault.resource()],
      others: [
        .other(\.name, "\(stage.stack)-nightly"),
        .other(\.rules, [stage.rule("cron(0 2 ? * * *)")]),
        .other(\.tags, stage.tags(name, "daily", team: "platform")),
      ],
      drifts: [
        Drift("copies deleted sooner", changes: "rules") { stage, live in
          let rule: JSON = [
            "RuleName": "daily", "TargetBackupVaultName": .string(stage.vault.desired.name),
            "ScheduleExpression": "cron(0 1 ? * * *)", "StartWindowMinutes": 60, "CompletionWindowMinutes": 480,
            "Lifecycle": ["DeleteAfterDays": 1], "RecoveryPointTags": ["team": "dbre"],
          ]
          try await stage.edit(
            "backup", "UpdateBackupPlan",
            [
              "BackupPlanId": .string(live.id),
              "BackupPlan": ["BackupPlanName": .string(stage.backupPlan.desired.name), "Rules": [rule]],
            ])
        }
      ])
  }
}

extension BackupSelection: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      stage.backupSelection,
      needs: [
        stage.key.resource(), stage.vault.resource(), stage.backupPlan.resource(), stage.backupRole().resource(),
        stage.backupRole("other").resource(),
      ],
      others: [
        .other(\.role, stage.backupRole("other").output(\.arn)),
        .other(\.resources, [.given("arn:aws:rds:us-east-1:\(stage.account):cluster:other")]),
        .other(\.conditions, ["harecon:stack": stage.stack]),
      ],
      untried: ["plan": "another plan is another parent: its selections are made and deleted with it"])
  }
}

extension RestoreTestingPlan: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let other = Node<BackupVault>(
      "other",
      .init(name: "\(stage.stack)-other", key: stage.key.output(\.arn), tags: stage.tags(BackupVault.name, "other")))
    return Sample(
      stage.restoreTestingPlan, needs: [stage.key.resource(), stage.vault.resource(), other.resource()],
      others: [
        .other(\.schedule, "cron(0 4 ? * * *)"),
        .other(\.timeZone, "Europe/Berlin"),
        .other(\.startWindow, 2),
        .other(\.vaults, [stage.vault.output(\.arn), other.output(\.arn)]),
        .other(\.algorithm, "RANDOM_WITHIN_WINDOW"),
        .other(\.pointTypes, ["SNAPSHOT", "CONTINUOUS"]),
        .other(\.pointWindow, 7),
        .other(\.tags, stage.tags(name, "daily", team: "platform")),
      ])
  }
}

extension RestoreTestingSelection: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let other = Node<DBSubnetGroup>(
      "other",
      .init(
        name: "\(stage.stack)-other", description: "other subnets", subnets: stage.subnets.map { $0.output(\.id) },
        tags: stage.tags(DBSubnetGroup.name, "other")))
    let web = stage.group("web")
    return Sample(
      stage.restoreTestingSelection,
      needs: [
        stage.vpc.resource(), stage.key.resource(), stage.subnetGroup.resource(), other.resource(),
        stage.group("database").resource(), web.resource(), stage.vault.resource(),
        stage.restoreTestingPlan.resource(), stage.backupRole().resource(), stage.backupRole("other").resource(),
      ] + stage.subnets.map { $0.resource() },
      others: [
        .other(\.role, stage.backupRole("other").output(\.arn)),
        .other(\.clusters, [.given("arn:aws:rds:us-east-1:\(stage.account):cluster:other")]),
        .other(\.subnetGroup, other.output(\.name)),
        .other(\.securityGroups, [web.output(\.id)]),
        .other(\.overrides, ["port": "5433"]),
        .other(\.validationWindow, 8),
      ],
      untried: ["plan": "another plan is another parent: its selections are made and deleted with it"],
      drifts: [
        Drift("a shorter time to look at the copy", changes: "validationWindow") { stage, live in
          try await stage.edit(
            "backup", "UpdateRestoreTestingSelection",
            [
              "RestoreTestingPlanName": .string(stage.restoreTestingPlan.desired.name),
              "RestoreTestingSelectionName": "aurora", "RestoreTestingSelection": ["ValidationWindowHours": 1],
            ])
        }
      ])
  }
}
