// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// What each function may do: its role's own policy.
///
/// Resources are named by ARN wherever their names are known. Nothing is said of the key: its own policy lets whoever may use
/// a secret, a queue or a table use the key through that service.
struct FunctionPolicies {
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
  }

  func policy(of function: StackFunction) -> Policy {
    let isAsynchronous = FunctionShape.of(function).patience != nil
    return Policy(
      logging(function) + (function.isAudited ? [auditing(function)] : [])
        + (function.isInNetwork ? network(function) : []) + (isAsynchronous ? [deadLetters] : [])
        + work(of: function))
  }

  private func work(of function: StackFunction) -> [Statement] {
    switch function {
    case .health: dataAPI
    case .probe: [masterSecret, describeCluster, invoke(.coordinator), metrics]
    case .coordinator: dataAPI + [describeCluster, failOver, tables, publish, invoke(.drainer, .probe), templates]
    case .drainer: dataAPI
    case .lagGuard: dataAPI + [describeCluster, moveTiers, sayTiers, tables]
    case .replayWorker: dataAPI + [replayQueue, park]
    case .backupVerifier: restoreJobs + restoredClusters + [tables, publish, keepEvidence]
    case .rotateUser: [masterSecret, findWriter, userSecrets, passwords]
    }
  }

  // MARK: Logs and the network

  /// To write to its group and not to make one: a group that a late line brings back after `destroy` would be kept for ever.
  private func logging(_ function: StackFunction) -> [Statement] {
    let group = scope.arn("logs", "log-group:\(scope.names.logGroup(of: function))")
    return [
      Statement("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], on: ["\(group):*"]),
      Statement("MakeNoGroup", .deny, nil, ["logs:CreateLogGroup"], on: ["*"]),
    ]
  }

  /// To the function's own streams: no other may write in its name.
  private func auditing(_ function: StackFunction) -> Statement {
    let group = scope.arn("logs", "log-group:\(scope.names.logGroup(.audit))")
    return Statement(
      "WriteAudit", ["logs:CreateLogStream", "logs:PutLogEvents"], on: ["\(group):log-stream:\(function.rawValue)/*"])
  }

  /// Lambda makes a function's interfaces with the function's role. EC2 takes no ARN for most of it; the code itself may
  /// do none of it.
  private func network(_ function: StackFunction) -> [Statement] {
    let actions = [
      "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
    ]
    return [
      Statement("Interfaces", actions, on: ["*"]),
      Statement(
        "NoInterfacesFromCode", .deny, nil, actions, on: ["*"],
        when: [.arn("lambda:SourceFunctionArn", arn(function))]),
    ]
  }

  // MARK: The database

  private var cluster: String { scope.arn("rds", "cluster:\(scope.names.cluster)") }
  private var members: [String] {
    scope.stack.cluster.members.map { scope.arn("rds", "db:\(scope.names.instance($0.name))") }
  }

  private var dataAPI: [Statement] {
    [Statement("Query", Self.queries, on: [cluster]), masterSecret]
  }

  private static let queries = [
    "rds-data:BatchExecuteStatement", "rds-data:BeginTransaction", "rds-data:CommitTransaction",
    "rds-data:ExecuteStatement", "rds-data:RollbackTransaction",
  ]

  /// RDS gives the secret its name when the cluster is made, and a tag that says whose it is.
  private var masterSecret: Statement {
    Statement(
      "ReadMasterSecret", ["secretsmanager:GetSecretValue"], on: [scope.arn("secretsmanager", "secret:rds!cluster-*")],
      when: [.equals("aws:ResourceTag/aws:rds:primaryDBClusterArn", cluster)])
  }

  private var describeCluster: Statement {
    Statement("LookAtCluster", ["rds:DescribeDBClusters", "rds:DescribeDBInstances"], on: [cluster] + members)
  }

  private var findWriter: Statement {
    Statement("FindWriter", ["rds:DescribeDBClusters"], on: [cluster])
  }

  private var failOver: Statement {
    Statement("FailOver", ["rds:FailoverDBCluster"], on: [cluster] + members)
  }

  /// Of all experiments of the account that events tell of, those of this stack are known by their templates' tags: it sees
  /// no others.
  private var templates: Statement {
    Statement(
      "KnowDrills", ["fis:GetExperimentTemplate"], on: [scope.arn("fis", "experiment-template/*")],
      when: [.equals("aws:ResourceTag/\(OwnerTag.stack)", scope.stack.name)])
  }

  private var moveTiers: Statement {
    Statement("MoveTiers", ["rds:ModifyDBInstance"], on: members)
  }

  /// One tag and no other: whose an instance is stands in tags, too.
  private var sayTiers: Statement {
    Statement(
      "SayTiers", ["rds:AddTagsToResource", "rds:RemoveTagsFromResource"], on: members,
      when: [.each("aws:TagKeys", like: DBInstance.heldTag)])
  }

  // MARK: What they share

  private var tables: Statement {
    Statement(
      "RememberAndLock",
      ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
      on: StackTable.allCases.map { scope.arn("dynamodb", "table/\(scope.names.table($0))") })
  }

  private var publish: Statement {
    Statement(
      "Tell", ["sns:Publish"],
      on: [scope.names.criticalTopic, scope.names.warningTopic].map { scope.arn("sns", $0) })
  }

  /// For the probe, whose alarm waits for them; the others write theirs to the log, where CloudWatch finds them. CloudWatch
  /// takes no ARN for metrics.
  private var metrics: Statement {
    Statement(
      "Measure", ["cloudwatch:PutMetricData"], on: ["*"],
      when: [.equals("cloudwatch:namespace", scope.names.metricNamespace)])
  }

  private func invoke(_ functions: StackFunction...) -> Statement {
    Statement("Wake", ["lambda:InvokeFunction"], on: functions.map(arn))
  }

  private var replayQueue: Statement {
    Statement(
      "TakeReplays",
      [
        "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
      ], on: [queue(.replay)])
  }

  /// What the database refuses for good.
  private var park: Statement {
    Statement("Park", ["sqs:GetQueueUrl", "sqs:SendMessage"], on: [queue(.replayDead)])
  }

  /// Lambda puts what a function failed on there with the function's role.
  private var deadLetters: Statement {
    Statement("KeepFailed", ["sqs:SendMessage"], on: [queue(.functionsDead)])
  }

  private func arn(_ function: StackFunction) -> String {
    scope.arn("lambda", "function:\(scope.names.function(function))")
  }

  private func queue(_ queue: StackQueue) -> String { scope.arn("sqs", scope.names.queue(queue)) }

  // MARK: Secrets of users

  /// Secrets Manager puts six characters behind a name.
  private var userSecrets: Statement {
    Statement(
      "Rotate",
      [
        "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      on: [scope.arn("secretsmanager", "secret:\(scope.stack.name)/users/*")])
  }

  private var passwords: Statement {
    Statement("MakePasswords", ["secretsmanager:GetRandomPassword"], on: ["*"])
  }

  // MARK: Restored copies

  /// AWS Backup takes no ARN for restore jobs.
  private var restoreJobs: [Statement] {
    [
      Statement("JudgeRestores", ["backup:ListRestoreJobs", "backup:PutRestoreValidationResult"], on: ["*"])
    ]
  }

  private var keepEvidence: Statement {
    Statement(
      "KeepEvidence", ["s3:PutObject"],
      on: [scope.object("\(EvidenceBlueprint.restoreTests)/*", in: scope.names.evidenceBucket)])
  }

  /// The names that AWS Backup gives to what it restores for a test; an instance of ours goes in and out of it.
  private var restoredClusters: [Statement] {
    let restored = scope.arn("rds", "cluster:awsbackup-restore-test-*")
    let instances = scope.arn("rds", "db:\(scope.stack.name)-verify-*")
    return [
      Statement(
        "OpenRestored",
        [
          "rds:AddTagsToResource", "rds:CreateDBInstance", "rds:DeleteDBInstance", "rds:DescribeDBClusters",
          "rds:DescribeDBInstances", "rds:EnableHttpEndpoint", "rds:ModifyDBCluster",
        ],
        on: [
          restored, instances, scope.arn("rds", "subgrp:\(scope.names.subnetGroup)"),
          scope.arn("rds", "pg:\(scope.names.instanceParameterGroup)"),
        ]),
      Statement("QueryRestored", Self.queries, on: [restored]),
      // RDS makes the secret of a restored cluster in the name of whoever asks for it.
      Statement(
        "SecretOfRestored", ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
        on: [scope.arn("secretsmanager", "secret:rds!cluster-*")]),
      Statement(
        "LookAtKeyOfThatSecret", ["kms:DescribeKey"], on: [scope.arn("kms", "key/*")],
        when: [.anyEquals("kms:ResourceAliases", "alias/aws/secretsmanager")]),
      Statement(
        "ReadSecretOfRestored", ["secretsmanager:GetSecretValue"],
        on: [scope.arn("secretsmanager", "secret:rds!cluster-*")],
        when: [.arn("aws:ResourceTag/aws:rds:primaryDBClusterArn", restored)]),
    ]
  }
}
