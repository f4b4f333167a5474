// SPDX-License-Identifier: Apache-2.0

internal import Spec

/// What nobody may do who has not said so when the session began: to delete data for good, or to show the database to the
/// world.
///
/// A session says so with the tag `harecon:destroy=yes` (`sts:TagSession`); the engine deletes data on `destroy` alone, and
/// this holds if it did not.
struct DataGuard {
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
  }

  static let tag = "harecon:destroy"

  var statements: [Statement] { [keepData, keepSecrets, stayPrivate] }

  private var unsaid: Condition { .differs("aws:PrincipalTag/\(Self.tag)", "yes") }

  private var keepData: Statement {
    Statement(
      "KeepData", .deny, nil,
      [
        "backup:DeleteBackupVault", "backup:DeleteRecoveryPoint", "dynamodb:DeleteTable", "kms:DisableKey",
        "kms:ScheduleKeyDeletion", "rds:DeleteDBCluster", "rds:DeleteDBClusterSnapshot", "s3:DeleteBucket",
        "s3:DeleteObject", "s3:DeleteObjectVersion",
      ], on: ["*"], when: [unsaid])
  }

  /// A secret that is deleted the usual way can be brought back for days.
  private var keepSecrets: Statement {
    Statement(
      "KeepSecrets", .deny, nil, ["secretsmanager:DeleteSecret"], on: ["*"],
      when: [unsaid, .flag("secretsmanager:ForceDeleteWithoutRecovery", true)])
  }

  private var stayPrivate: Statement {
    Statement(
      "StayPrivate", .deny, nil, ["rds:CreateDBInstance", "rds:ModifyDBInstance"], on: ["*"],
      when: [.flag("rds:PubliclyAccessible", true)])
  }
}

/// The outer bound of the stack's own roles: the services that functions, drills and backups work with, of IAM nothing but
/// the role that AWS makes for FIS, and never the end of the data.
struct RoleBoundary {
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
  }

  var policy: Policy { Policy(work, network, reports, firstExperiment, keepData) }

  private var work: Statement {
    Statement(
      "Work",
      [
        "backup-storage:*", "backup:*", "cloudwatch:*", "dynamodb:*", "fis:*", "kms:CreateGrant", "kms:Decrypt",
        "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ListGrants", "kms:ReEncrypt*", "kms:RetireGrant",
        "lambda:InvokeFunction", "logs:*", "rds-data:*", "rds:*", "secretsmanager:*", "sns:Publish", "sqs:*",
        "tag:GetResources",
      ], on: ["*"])
  }

  /// The interfaces of functions, and the faults that a drill makes in the network.
  private var network: Statement {
    Statement(
      "Network",
      [
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkAcl", "ec2:CreateNetworkAclEntry",
        "ec2:CreateNetworkInterface", "ec2:CreateTags", "ec2:DeleteNetworkAcl", "ec2:DeleteNetworkInterface",
        "ec2:Describe*", "ec2:ReplaceNetworkAclAssociation", "ec2:UnassignPrivateIpAddresses",
      ], on: ["*"])
  }

  /// Drills write reports; nobody takes one away.
  private var reports: Statement {
    Statement("Reports", ["s3:GetObject", "s3:PutObject"], on: [scope.object("*", in: scope.names.evidenceBucket)])
  }

  /// FIS has its own role made when an account's first experiment starts, in the name of whoever starts it.
  private var firstExperiment: Statement {
    Statement(
      "FirstExperiment", ["iam:CreateServiceLinkedRole"], on: [scope.global("iam", "role/aws-service-role/*")],
      when: [.equals("iam:AWSServiceName", "fis.amazonaws.com")])
  }

  private var keepData: Statement {
    Statement(
      "KeepData", .deny, nil,
      ["backup:DeleteBackupVault", "dynamodb:DeleteTable", "rds:DeleteDBCluster", "secretsmanager:DeleteSecret"],
      on: [
        scope.arn("backup", "backup-vault:\(scope.names.vault)"),
        scope.arn("dynamodb", "table/\(scope.stack.name)-*"), scope.arn("rds", "cluster:\(scope.names.cluster)"),
        scope.arn("secretsmanager", "secret:\(scope.stack.name)/*"),
      ])
  }
}
