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
        policy: KeyPolicy(scope).document.text(), rotationPeriod: encryption.rotateEvery.wholeDays,
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

  var document: JSON {
    [
      "Version": "2012-10-17",
      "Statement": [administration, useThroughServices, grantThroughServices, useByLogs],
    ]
  }

  /// Without it nobody could ever change the key again, and IAM policies about it would mean nothing.
  private var administration: JSON {
    [
      "Sid": "Administration",
      "Effect": "Allow",
      "Principal": ["AWS": .string(scope.accountRoot)],
      "Action": "kms:*",
      "Resource": "*",
    ]
  }

  /// Whoever in the account may use the database or its secrets may use the key for them, and for nothing else.
  private var useThroughServices: JSON {
    [
      "Sid": "UseThroughServices",
      "Effect": "Allow",
      "Principal": ["AWS": "*"],
      "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      "Resource": "*",
      "Condition": ["StringEquals": throughServices],
    ]
  }

  /// RDS works with the storage of a running cluster under a grant; it lives as long as the cluster does.
  private var grantThroughServices: JSON {
    [
      "Sid": "GrantThroughServices",
      "Effect": "Allow",
      "Principal": ["AWS": "*"],
      "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
      "Resource": "*",
      "Condition": ["StringEquals": throughServices, "Bool": ["kms:GrantIsForAWSResource": "true"]],
    ]
  }

  private var throughServices: JSON {
    [
      "kms:CallerAccount": .string(scope.stack.account),
      "kms:ViaService": .array(["rds", "secretsmanager"].map { .string(scope.regional($0)) }),
    ]
  }

  /// CloudWatch Logs uses the key in its own name, and says in the encryption context for which group.
  private var useByLogs: JSON {
    let groups = ["/aws/rds/cluster/\(scope.names.cluster)/*", "/harecon/\(scope.stack.name)/*"]
    return [
      "Sid": "UseByLogs",
      "Effect": "Allow",
      "Principal": ["Service": .string(scope.regional("logs"))],
      "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
      "Resource": "*",
      "Condition": [
        "ArnLike": [
          "kms:EncryptionContext:aws:logs:arn": .array(groups.map { .string(scope.arn("logs", "log-group:\($0)")) })
        ]
      ],
    ]
  }
}
