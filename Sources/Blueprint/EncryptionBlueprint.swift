// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The one customer key of the stack.
struct EncryptionBlueprint {
  let key: Node<KMSKey>
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
    let encryption = scope.stack.encryption
    key = Node(
      "main",
      .init(
        alias: scope.names.keyAlias, description: "everything of the stack \(scope.stack.name)",
        policy: KeyPolicy(scope).policy.text, rotationPeriod: encryption.rotateEvery.wholeDays,
        deletionWindow: encryption.deletionWindow.wholeDays, tags: scope.tags(KMSKey.self, "main")))
  }

  var resources: [DesiredResource] { [key.resource(origin: scope.stack.$encryption.span)] }
}

/// Who may do what with the stack's key.
struct KeyPolicy {
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
  }

  var policy: Policy {
    Policy(administration, useThroughServices, grantThroughServices, useByLogs, useBySenders)
  }

  /// Without it nobody could ever change the key again, and IAM policies about it would mean nothing.
  private var administration: Statement {
    Statement("Administration", .allow, .account(root: scope.accountRoot), ["kms:*"], on: ["*"])
  }

  /// Whoever in the account may use the database, its secrets, queues, topics or evidence may use the key for them, and
  /// for nothing else.
  private var useThroughServices: Statement {
    Statement(
      "UseThroughServices", .allow, .anyone,
      ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], on: ["*"],
      when: throughServices)
  }

  /// RDS works with the storage of a running cluster under a grant; it lives as long as the cluster does. So does DynamoDB
  /// with a table, and AWS Backup with a vault.
  private var grantThroughServices: Statement {
    Statement(
      "GrantThroughServices", .allow, .anyone, ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], on: ["*"],
      when: throughServices + [.flag("kms:GrantIsForAWSResource", true)])
  }

  private var throughServices: [Condition] {
    let services = ["backup", "dynamodb", "lambda", "rds", "s3", "scheduler", "secretsmanager", "sns", "sqs"]
    return [
      .equals("kms:CallerAccount", scope.stack.account),
      .equals("kms:ViaService", anyOf: services.map(scope.regional)),
    ]
  }

  /// CloudWatch Logs uses the key in its own name, and says in the encryption context for which group.
  private var useByLogs: Statement {
    let logs = StackLog.allCases.map(scope.names.logGroup)
    let groups =
      ["/aws/rds/cluster/\(scope.names.cluster)/*"] + StackFunction.allCases.map(scope.names.logGroup(of:)) + logs
    return Statement(
      "UseByLogs", .allow, .service(scope.regional("logs")),
      ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"], on: ["*"],
      when: [.arn("kms:EncryptionContext:aws:logs:arn", anyOf: groups.map { scope.arn("logs", "log-group:\($0)") })])
  }

  /// An alarm or a rule sends to an encrypted topic or queue in its service's own name; with AWS's own key, or without this,
  /// its messages are lost without a word. No condition: not every one of these services says on whose behalf it asks KMS,
  /// and the policies of the topics and queues say who may send.
  private var useBySenders: Statement {
    let senders = ["cloudwatch", "events", "sns"].map { "\($0).amazonaws.com" }
    return Statement(
      "UseBySenders", .allow, .services(senders), ["kms:Decrypt", "kms:GenerateDataKey*"], on: ["*"])
  }
}
