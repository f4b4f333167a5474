// SPDX-License-Identifier: Apache-2.0

internal import Spec

/// What AWS asks for in the name of whoever calls it, beside the action that was called (service authorization reference,
/// "dependent actions").
struct Dependents {
  private let actions: ActionScope

  init(_ actions: ActionScope) {
    self.actions = actions
  }

  private var scope: Scope { actions.scope }

  var statements: [Statement] {
    [passRoles, serviceLinkedRoles(Self.services), useKey, masterSecret, rotate, mountVault]
  }

  private static let services = ["backup", "fis", "rds", "restore-testing.backup"]

  /// To hand a role to a service is to act as that role: only the stack's, and only to those that it is made for.
  private var passRoles: Statement {
    let services = ["backup", "fis", "lambda", "monitoring.rds", "scheduler", "vpc-flow-logs"]
    return Statement(
      "PassRoles", ["iam:PassRole"], on: actions.roles,
      when: [.equals("iam:PassedToService", anyOf: services.map { "\($0).amazonaws.com" })])
  }

  /// AWS makes its own role for a service when an account first uses it.
  func serviceLinkedRoles(_ services: [String]) -> Statement {
    Statement(
      "ServiceLinkedRoles", ["iam:CreateServiceLinkedRole"], on: [scope.global("iam", "role/aws-service-role/*")],
      when: [.equals("iam:AWSServiceName", anyOf: services.map { "\($0).amazonaws.com" })])
  }

  /// What is encrypted with the stack's key is made by whoever may use the key for it.
  private var useKey: Statement {
    let services = ["backup", "dynamodb", "lambda", "rds", "s3", "secretsmanager", "sns", "sqs"]
    return Statement(
      "UseKey", ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"],
      on: [scope.arn("kms", "key/*")],
      when: [actions.ours, .equals("kms:ViaService", anyOf: services.map(scope.regional))])
  }

  /// RDS makes the secret of a cluster's master user in the name of whoever makes the cluster.
  private var masterSecret: Statement {
    Statement(
      "MakeMasterSecret", ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
      on: [scope.arn("secretsmanager", "secret:rds!cluster-*")])
  }

  /// Secrets Manager has the function called once when a rotation is set up.
  private var rotate: Statement {
    Statement(
      "Rotate", ["lambda:InvokeFunction"],
      on: [scope.arn("lambda", "function:\(scope.names.function(.rotateUser))")])
  }

  /// AWS Backup takes no ARN for what stands behind a vault.
  private var mountVault: Statement {
    Statement("MountVault", ["backup-storage:MountCapsule"], on: ["*"])
  }
}
