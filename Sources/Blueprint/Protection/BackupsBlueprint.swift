// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// AWS Backup beside the cluster's own backups: a vault that gives nothing up, a copy every day, and a restore of it
/// every day, which the backup verifier looks into.
struct BackupsBlueprint {
  let vault: Node<BackupVault>
  let testing: Node<RestoreTestingPlan>
  private let plan: Node<BackupPlan>
  private let selection: Node<BackupSelection>
  private let testedSelection: Node<RestoreTestingSelection>
  private let roles: [Node<IAMRole>]
  private let scope: Scope

  init(_ scope: Scope, _ network: NetworkBlueprint, _ encryption: EncryptionBlueprint, _ database: DatabaseBlueprint) {
    self.scope = scope
    let (spec, names) = (scope.stack.backups, scope.names)
    let policies = BackupPolicies(scope)
    let backing = Self.role(
      .backup, "copies of the database", policies.making, scope)
    let restoring = Self.role(
      .restore, "restores for tests", policies.restoring, scope)
    roles = [backing, restoring]
    let vault = Node<BackupVault>(
      "main",
      .init(
        name: names.vault, key: encryption.key.output(\.arn), policy: policies.vault.text, lock: Self.lock(spec),
        lockGrace: spec.lockAfter.wholeDays, tags: scope.tags(BackupVault.self, "main")))
    self.vault = vault
    let plan = Node<BackupPlan>(
      "daily",
      .init(
        name: names.backupPlan,
        rules: [
          .init(
            name: "daily", vault: vault.output(\.name), schedule: spec.at.cron, deleteAfter: spec.retention.wholeDays,
            tags: scope.stack.tags.dictionary)
        ], tags: scope.tags(BackupPlan.self, "daily")))
    self.plan = plan
    let cluster = database.cluster.output(\.arn)
    selection = Node(
      "cluster",
      .init(
        plan: plan.output(\.id), name: names.backupSelection, role: backing.output(\.arn), resources: [cluster]))
    let testing = Node<RestoreTestingPlan>(
      "daily",
      .init(
        name: names.restoreTestingPlan, schedule: spec.verify.at.cron, vaults: [vault.output(\.arn)],
        pointWindow: Self.freshest(spec), tags: scope.tags(RestoreTestingPlan.self, "daily")))
    self.testing = testing
    testedSelection = Node(
      "cluster",
      .init(
        plan: testing.output(\.name), name: names.restoreTestingSelection, role: restoring.output(\.arn),
        clusters: [cluster], subnetGroup: database.subnetGroup.output(\.name),
        securityGroups: [network.databaseGroup.output(\.id)], validationWindow: spec.verify.within.wholeSeconds / 3600))
  }

  var resources: [DesiredResource] {
    let spec = scope.stack.backups
    return [
      vault.resource(origin: spec.$lock.span), plan.resource(origin: spec.$at.span),
      selection.resource(origin: spec.$at.span), testing.resource(origin: spec.verify.$at.span),
      testedSelection.resource(origin: spec.$verify.span),
    ] + roles.map { $0.resource(origin: scope.stack.$backups.span) }
  }

  /// Days that a copy may be old to be restored as a proof. That an old copy can be restored says nothing of last
  /// night's: when no fresh one is there, nothing is restored, and the alarm on overdue restores tells of it.
  private static func freshest(_ spec: Backups) -> Int { min(2, spec.retention.wholeDays) }

  private static func lock(_ spec: Backups) -> BackupVault.Lock? {
    switch spec.lock {
    case .none: nil
    case .governance: .init(atLeast: spec.retention.wholeDays)
    case .compliance: .init(atLeast: spec.retention.wholeDays, isCompliance: true)
    }
  }

  private static func role(_ role: StackRole, _ what: String, _ policy: Policy, _ scope: Scope) -> Node<IAMRole> {
    // AWS Backup is not known to say on whose behalf it takes a role on: a condition might keep it out. Who may hand it
    // the role is decided by `iam:PassRole`.
    let trust = Policy(Statement.trust("backup.amazonaws.com", when: []))
    return Node(
      role.rawValue,
      .init(
        name: scope.names.role(role), path: scope.names.rolePath, description: "\(what) of \(scope.stack.name)",
        trust: trust.text, inlinePolicies: ["work": policy.text],
        permissionsBoundary: scope.boundary, tags: scope.tags(IAMRole.self, role.rawValue)))
  }
}

/// What AWS Backup may do with the stack's database, and what nobody may do with the vault.
///
/// The roles are narrower than AWS's own policies for them, which reach every database of the account. Nothing is said
/// of the key: RDS uses it for whoever may make or restore a snapshot, as the key's own policy says.
private struct BackupPolicies {
  private let scope: Scope
  private let cluster: String
  /// AWS Backup's own names for what it makes: nothing else in the account has them.
  private let snapshots: String
  private let restored: String

  init(_ scope: Scope) {
    self.scope = scope
    cluster = scope.arn("rds", "cluster:\(scope.names.cluster)")
    snapshots = scope.arn("rds", "cluster-snapshot:awsbackup:*")
    restored = scope.arn("rds", "cluster:awsbackup-restore-test-*")
  }

  /// Makes copies of this cluster, and takes its own away when their time is over.
  var making: Policy {
    Policy(
      Statement("Copy", ["rds:CreateDBClusterSnapshot"], on: [cluster, snapshots]),
      Statement("Label", ["rds:AddTagsToResource", "rds:ListTagsForResource"], on: [cluster, snapshots]),
      Statement(
        "KeepCopies",
        ["rds:CopyDBClusterSnapshot", "rds:DeleteDBClusterSnapshot", "rds:ModifyDBClusterSnapshotAttribute"],
        on: [snapshots]),
      look,
      Statement("FindByTag", ["tag:GetResources"], on: ["*"]),
      Statement(
        "FillVault", ["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"],
        on: [scope.arn("backup", "backup-vault:\(scope.names.vault)")]))
  }

  /// Restores under the names that AWS Backup gives to tests, and deletes nothing that is called otherwise.
  var restoring: Policy {
    Policy(
      Statement(
        "Restore", ["rds:RestoreDBClusterFromSnapshot"],
        on: [
          restored, snapshots, scope.arn("rds", "subgrp:\(scope.names.subnetGroup)"), scope.arn("rds", "cluster-pg:*"),
          scope.arn("rds", "og:*"),
        ]),
      Statement("Label", ["rds:AddTagsToResource", "rds:ListTagsForResource"], on: [restored, snapshots]),
      Statement(
        "CleanUp", ["rds:DeleteDBCluster", "rds:DeleteDBInstance"], on: [restored, scope.arn("rds", "db:awsbackup-*")]),
      look,
      Statement(
        "LookAtNetwork",
        [
          "ec2:DescribeAccountAttributes", "ec2:DescribeAvailabilityZones", "ec2:DescribeSecurityGroups",
          "ec2:DescribeSubnets", "ec2:DescribeVpcs",
        ], on: ["*"]))
  }

  /// AWS Backup lists before it knows names.
  private var look: Statement {
    Statement(
      "Look", ["rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters", "rds:DescribeDBInstances"], on: ["*"])
  }

  /// A copy goes when its time is over, which AWS Backup sees to by itself, and not before: not even an administrator
  /// deletes one without first changing this policy, or saying by a tag of the session that the stack is to be
  /// destroyed.
  var vault: Policy {
    Policy(
      Statement(
        "KeepCopies", .deny, .anyone,
        ["backup:DeleteRecoveryPoint", "backup:DisassociateRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
        on: ["*"], when: [.differs("aws:PrincipalTag/\(Policy.destroyTag)", "yes")]))
  }
}
