// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Spec

/// What of AWS belongs to one stack, action by action: by name where the stack gives the name, by path for roles, by tag
/// where AWS gives an id, and everything only where an action takes nothing else (AWS's service authorization
/// reference).
struct ActionScope {
  let scope: Scope
  /// The managed policies that the stack's roles have.
  private let attached: [String]

  init(_ scope: Scope, attached: [String]) {
    self.scope = scope
    self.attached = attached
  }

  /// - Parameters:
  ///   - action: without its prefix.
  /// - Returns: what it may be done to; several, when AWS asks for more than one thing at once.
  func accesses(to action: String, of operation: CalledOperation) -> [Access] {
    if operation.isReading { return [reading(action, of: operation.service)] }
    return switch operation.service {
    case .backup: backup(action)
    case .cloudWatch: cloudWatch(action)
    case .dynamoDB: [Access("Tables", [scope.arn("dynamodb", "table/\(name)-*")])]
    case .ec2: network(action)
    case .events: [Access("Rules", [scope.arn("events", "rule/\(name)-*")])]
    case .fis: drills(action)
    case .iam: roles(action)
    case .kms: key(action)
    case .lambda: lambda(action)
    case .logs: logs(action)
    case .rds: [Access("Database", database)]
    case .route53: dns(action)
    case .s3: [Access("Evidence", evidence)]
    case .scheduler: [Access("Schedules", schedules)]
    case .secretsManager: secrets(action)
    case .sns: topics(action)
    case .sqs: [Access("Queues", [scope.arn("sqs", "\(name)-*")])]
    case .serviceQuotas, .sts, .tagging: []
    }
  }

  /// Listings show everything of their kind and take no ARN; what is asked by name is asked by ours.
  private func reading(_ action: String, of service: CalledService) -> Access {
    let isListing = action.hasPrefix("List")
    switch service {
    case .dynamoDB where !isListing: return Access("ReadTables", [scope.arn("dynamodb", "table/\(name)-*")])
    case .lambda where action != "ListEventSourceMappings" && action != "GetAccountSettings":
      return Access("ReadFunctions", functions + [scope.arn("lambda", "event-source-mapping:*")])
    case .s3 where action != "ListAllMyBuckets": return Access("ReadEvidence", evidence)
    case .scheduler where action == "GetSchedule": return Access("ReadSchedules", schedules)
    case .secretsManager where !isListing: return Access("ReadSecrets", [ownSecrets, masterSecrets])
    case .sqs where !isListing: return Access("ReadQueues", [scope.arn("sqs", "\(name)-*")])
    case .backup, .cloudWatch, .dynamoDB, .ec2, .events, .fis, .iam, .kms, .lambda, .logs, .rds, .route53, .s3,
      .scheduler, .secretsManager, .serviceQuotas, .sns, .sqs, .sts, .tagging:
      return .everywhere("Read\(service.sid)")
    }
  }

  // MARK: Names and tags

  var name: String { scope.stack.name }

  /// What the stack has already.
  var ours: Condition { .equals("aws:ResourceTag/\(OwnerTag.stack)", name) }
  /// What is made for the stack.
  private var forUs: Condition { .equals("aws:RequestTag/\(OwnerTag.stack)", name) }

  var roles: [String] { [scope.global("iam", "role\(scope.names.rolePath)*")] }
  var functions: [String] { [scope.arn("lambda", "function:\(name)-*")] }
  private var ownSecrets: String { scope.arn("secretsmanager", "secret:\(name)/*") }
  /// RDS names it; a tag says whose it is.
  private var masterSecrets: String { scope.arn("secretsmanager", "secret:rds!cluster-*") }

  private var database: [String] {
    let groups = ["cluster-pg", "pg"].map { "\($0):\(name)-*" }
    let others = ["cluster-endpoint:\(name)-*", "cluster-snapshot:\(name)-*", "cluster:\(name)", "db:\(name)-*"]
    // RDS puts every instance and cluster into the default option group of its engine.
    return (groups + others + ["og:default:*", "subgrp:\(name)"]).sorted().map { scope.arn("rds", $0) }
  }

  private var schedules: [String] {
    ["schedule-group/\(scope.names.scheduleGroup)", "schedule/\(scope.names.scheduleGroup)/*"].map {
      scope.arn("scheduler", $0)
    }
  }

  /// Names of buckets are the world's: their ARNs have neither region nor account.
  private var evidence: [String] {
    ["", "/*"].map { "arn:\(scope.partition.name):s3:::\(scope.names.evidenceBucket)\($0)" }
  }

  // MARK: Services

  private static let madeInNetwork = [
    "CreateFlowLogs", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet", "CreateVpc", "CreateVpcEndpoint",
  ]
  private static let tagsAtOnce = ["AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"]

  /// EC2 asks for what is made and for what it is made in, each by its own tags.
  private func network(_ action: String) -> [Access] {
    let change = Access("ChangeNetwork", [scope.arn("ec2", "*")], when: [ours])
    if Self.madeInNetwork.contains(action) {
      let made = ["route-table", "security-group", "subnet", "vpc", "vpc-endpoint", "vpc-flow-log"]
      return [
        Access("MakeNetwork", made.map { scope.arn("ec2", "\($0)/*") }, when: [forUs]),
        Access("MakeInNetwork", made.prefix(4).map { scope.arn("ec2", "\($0)/*") }, when: [ours]),
      ]
    }
    if action == "CreateTags" {
      let atOnce = Condition.equals("ec2:CreateAction", anyOf: (Self.tagsAtOnce + Self.madeInNetwork).sorted())
      return [Access("TagNewNetwork", [scope.arn("ec2", "*")], when: [atOnce]), change]
    }
    // A rule is in its group; it has an ARN of its own and not always tags.
    return action.contains("SecurityGroup") && !action.hasPrefix("Delete")
      ? [change, Access("ChangeRules", [scope.arn("ec2", "security-group-rule/*")])] : [change]
  }

  private func roles(_ action: String) -> [Access] {
    let bounds = scope.boundary.map { [Condition.equals("iam:PermissionsBoundary", $0)] } ?? []
    switch action {
    case "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy":
      return [Access("MakeRoles", roles, when: bounds)]
    case "AttachRolePolicy":
      return attached.isEmpty
        ? [] : [Access("AttachPolicies", roles, when: bounds + [.arn("iam:PolicyARN", anyOf: attached)])]
    // Whoever could take the boundary off a role could do through it what only others may.
    case "DeleteRolePermissionsBoundary" where scope.boundary != nil: return []
    default: return [Access("ChangeRoles", roles)]
    }
  }

  /// Tags come with the key, under an action of their own; KMS cannot tell that from later.
  private func key(_ action: String) -> [Access] {
    let change = Access("ChangeKey", [scope.arn("kms", "key/*")], when: [ours])
    return switch action {
    case "CreateKey": [.everywhere("MakeKey", when: [forUs])]
    case "TagResource": [.everywhere("MakeKey", when: [forUs]), change]
    case "CreateAlias", "DeleteAlias", "UpdateAlias":
      [Access("NameKey", [scope.arn("kms", "alias/harecon/\(name)/*")]), change]
    default: [change]
    }
  }

  private func lambda(_ action: String) -> [Access] {
    let own = Access("Functions", functions)
    return switch action {
    case "CreateEventSourceMapping", "DeleteEventSourceMapping", "UpdateEventSourceMapping":
      [.everywhere("WakeByQueues", when: [.arn("lambda:FunctionArn", anyOf: functions)])]
    case "TagResource", "UntagResource":
      [own, Access("TagWakers", [scope.arn("lambda", "event-source-mapping:*")])]
    default: [own]
    }
  }

  private func logs(_ action: String) -> [Access] {
    if action.hasSuffix("ResourcePolicy") { return [.everywhere("LogPolicies")] }
    if ["CreateLogStream", "PutLogEvents"].contains(action) {
      // Streams of its own: what functions say is theirs to write.
      let group = scope.arn("logs", "log-group:\(scope.names.logGroup(.audit))")
      return [Access("WriteAudit", ["\(group):log-stream:harecon/*"])]
    }
    // With and without what stands behind a group's name in its streams' ARNs.
    let groups =
      ["/aws/rds/cluster/\(scope.names.cluster)/*", "/aws/lambda/\(name)-*"]
      + StackLog.allCases.flatMap { [scope.names.logGroup($0), "\(scope.names.logGroup($0)):*"] }
    return [Access("LogGroups", groups.map { scope.arn("logs", "log-group:\($0)") })]
  }

  /// Neither zones nor health checks can be told apart by tags, and AWS gives both their ids; records are told apart by name.
  private func dns(_ action: String) -> [Access] {
    func arns(_ types: [String]) -> [String] { types.map { "arn:\(scope.partition.name):route53:::\($0)/*" } }
    return switch action {
    case "CreateHealthCheck", "CreateHostedZone": [.everywhere("MakeZones")]
    case "ChangeResourceRecordSets":
      [
        Access(
          "ChangeRecords", arns(["hostedzone"]),
          when: [
            .each(
              "route53:ChangeResourceRecordSetsNormalizedRecordNames", like: scope.names.zone, "*.\(scope.names.zone)")
          ])
      ]
    default: [Access("ChangeZones", arns(["healthcheck", "hostedzone"]))]
    }
  }

  private func topics(_ action: String) -> [Access] {
    switch action {
    case "SetSubscriptionAttributes", "Unsubscribe": [.everywhere("Subscriptions")]
    default: [Access("Topics", [scope.arn("sns", "\(name)-*")])]
    }
  }

  /// CloudWatch takes a composite alarm only from whoever may make any, and no ARN for metrics. The ARN of a dashboard has no region.
  private func cloudWatch(_ action: String) -> [Access] {
    switch action {
    case "PutCompositeAlarm": [.everywhere("CompositeAlarms")]
    case "PutMetricData":
      [.everywhere("Measure", when: [.equals("cloudwatch:namespace", scope.names.metricNamespace)])]
    default:
      [
        Access(
          "Alarms",
          [
            scope.arn("cloudwatch", "alarm:\(name)-*"),
            scope.global("cloudwatch", "dashboard/\(scope.names.dashboard)"),
          ])
      ]
    }
  }

  private func secrets(_ action: String) -> [Access] {
    let own = Access("Secrets", [ownSecrets])
    return switch action {
    case "GetRandomPassword": [.everywhere("Passwords")]
    case "CancelRotateSecret", "RotateSecret":
      [
        own,
        Access(
          "MasterSecret", [masterSecrets],
          when: [.equals("aws:ResourceTag/aws:rds:primaryDBClusterArn", scope.arn("rds", "cluster:\(name)"))]),
      ]
    default: [own]
    }
  }

  private func drills(_ action: String) -> [Access] {
    let templates = [scope.arn("fis", "experiment-template/*")]
    let make = Access("MakeDrills", templates, when: [forUs])
    let change = Access("ChangeDrills", templates, when: [ours])
    let actions = Access("DrillActions", [scope.arn("fis", "action/*")])
    let experiments = Access("Experiments", [scope.arn("fis", "experiment/*")])
    return switch action {
    case "CreateExperimentTemplate": [make, actions]
    case "UpdateExperimentTemplate": [change, actions]
    case "TagResource": [make, change]
    case "StartExperiment": [change, experiments]
    // Stopping a fault is the safe direction: whoever may start one may stop any.
    case "StopExperiment": [experiments]
    default: [change]
    }
  }

  private func backup(_ action: String) -> [Access] {
    let plans = [scope.arn("backup", "backup-plan:*")]
    let make = Access("MakeBackupPlan", plans, when: [forUs])
    let change = Access("ChangeBackupPlan", plans, when: [ours])
    let named = Access(
      "Backups",
      [
        scope.arn("backup", "backup-vault:\(scope.names.vault)"),
        scope.arn("backup", "restore-testing-plan:\(scope.names.restoreTestingPlan)*"),
      ])
    return switch action {
    case "CreateBackupPlan": [make]
    case "TagResource": [make, change, named]
    case "UntagResource": [change, named]
    case "CreateBackupSelection", "DeleteBackupPlan", "DeleteBackupSelection", "UpdateBackupPlan": [change]
    default: [named]
    }
  }
}

extension CalledService {
  /// In the names of statements, which have letters and digits only.
  fileprivate var sid: String { String(prefix.prefix(1).uppercased() + prefix.dropFirst()) }
}
