// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// What acts when the writer fails: tables for leases and decisions, the events that wake the coordinator, the guard of the
/// readers' lag and the worker of the replay queue.
struct FailoverBlueprint {
  private let tables: [Node<DynamoDBTable>]
  private let rules: [Node<EventRule>]
  private let permissions: [Node<FunctionPermission>]
  private let guarding: Node<Schedule>
  private let sweeping: Node<Schedule>
  private let replaying: Node<EventSourceMapping>
  private let scope: Scope

  init(
    _ scope: Scope, _ encryption: EncryptionBlueprint, _ functions: FunctionsBlueprint, _ queues: QueuesBlueprint,
    _ schedules: SchedulesBlueprint
  ) {
    self.scope = scope
    tables = StackTable.allCases.map { table in
      Node(
        table.rawValue,
        .init(
          name: scope.names.table(table), partitionKey: .init("id"), expiry: "expires",
          key: encryption.key.output(\.arn), tags: scope.tags(DynamoDBTable.self, table.rawValue)))
    }
    let events = StackEvents(scope)
    let rules = StackRule.allCases.map { rule in
      Node<EventRule>(
        rule.rawValue,
        .init(
          name: scope.names.rule(rule.rawValue), description: events.description(of: rule),
          pattern: events.pattern(of: rule),
          targets: [
            rule.target.rawValue: EventTarget(
              functions[rule.target].output(\.arn), deadLetter: queues[.eventsDead].output(\.arn))
          ], tags: scope.tags(EventRule.self, rule.rawValue)))
    }
    self.rules = rules
    permissions = zip(StackRule.allCases, rules).map { rule, node in
      Node(
        "rule-\(rule.rawValue)",
        .init(
          function: functions[rule.target].output(\.name), statement: "rule-\(rule.rawValue)",
          principal: "events.amazonaws.com", sourceARN: node.output(\.arn)))
    }
    guarding = schedules.schedule(
      "lag-guard", "moves lagging readers down the promotion tiers and back", every: "rate(1 minute)",
      calls: functions[.lagGuard], maximumAge: 60)
    // Backup's events come at best effort: what none of them told is found by looking.
    sweeping = schedules.schedule(
      "restore-sweep", "goes on with restored backups that wait for their checks", every: "rate(5 minutes)",
      calls: functions[.backupVerifier], maximumAge: 300)
    replaying = Node(
      "replay",
      .init(
        function: functions[.replayWorker].output(\.name), source: queues[.replay].output(\.arn),
        tags: scope.tags(EventSourceMapping.self, "replay")))
  }

  var resources: [DesiredResource] {
    let failover = scope.stack.$failover.span
    return tables.map { $0.resource(origin: failover) } + rules.map { $0.resource(origin: failover) }
      + permissions.map { $0.resource(origin: failover) }
      + [
        guarding.resource(origin: scope.stack.health.$replicaLag.span),
        sweeping.resource(origin: scope.stack.backups.$verify.span),
        replaying.resource(origin: scope.stack.failover.$replay.span),
      ]
  }
}

extension StackRule {
  /// The function that it wakes.
  fileprivate var target: StackFunction {
    switch self {
    case .clusterEvents, .instanceEvents, .alarms, .drills: .coordinator
    case .restores: .backupVerifier
    }
  }
}

/// The events that matter to a stack.
private struct StackEvents {
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
  }

  func description(of rule: StackRule) -> String {
    switch rule {
    case .clusterEvents: "failovers of \(scope.names.cluster), as RDS tells of them at best effort"
    case .instanceEvents: "members of \(scope.names.cluster) that restart, fail or recover"
    case .alarms: "alarms that say that there is no writer"
    case .drills: "experiments that begin and end"
    case .restores: "restored backups that can be checked"
    }
  }

  func pattern(of rule: StackRule) -> JSONDocument {
    switch rule {
    case .clusterEvents:
      // By ARN: the event's own name for its source comes with a prefix, or without. Not RDS-EVENT-0169, which tells of a snapshot.
      return [
        "source": ["aws.rds"], "detail-type": ["RDS DB Cluster Event"],
        "resources": [.text(scope.arn("rds", "cluster:\(scope.names.cluster)"))],
        "detail": ["EventID": .list((69...73).map { .text("RDS-EVENT-00\($0)") })],
      ]
    case .instanceEvents:
      return [
        "source": ["aws.rds"], "detail-type": ["RDS DB Instance Event"],
        "resources": .list(
          scope.stack.cluster.members.map { .text(scope.arn("rds", "db:\(scope.names.instance($0.name))")) }),
        "detail": ["EventCategories": ["availability", "failure", "recovery"]],
      ]
    case .alarms:
      let alarms = [scope.names.writerDownAlarm, scope.names.alarm("endpoint-down")]
      return [
        "source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"],
        "resources": .list(alarms.map { .text(scope.arn("cloudwatch", "alarm:\($0)")) }),
        "detail": ["state": ["value": ["ALARM", "OK"]]],
      ]
    case .drills:
      // All of the account's: which template is the stack's the coordinator asks FIS, whose ids are not known before.
      return [
        "source": ["aws.fis"], "detail-type": ["FIS Experiment State Change"],
        "detail": ["new-state": ["status": ["running", "completed", "stopped", "failed", "cancelled"]]],
      ]
    case .restores:
      return [
        "source": ["aws.backup"], "detail-type": ["Restore Job State Change"],
        "detail": ["status": ["COMPLETED", "FAILED", "ABORTED"]],
      ]
    }
  }
}
