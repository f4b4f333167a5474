// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// Everything that AWS tells about the stack, kept as it came: failovers, alarms, experiments, backups and restores.
///
/// The functions act on some of these events; the trail has all of them, also those that came while no function could
/// act.
struct EventTrailBlueprint {
  /// The rule's name within the stack.
  static let rule = "trail"

  private let rule: Node<EventRule>
  private let policy: Node<LogResourcePolicy>
  private let origin: SourceSpan

  init(
    _ scope: Scope, _ queues: QueuesBlueprint, _ audit: AuditBlueprint, _ drills: DrillsBlueprint,
    _ backups: BackupsBlueprint
  ) {
    origin = scope.stack.$audit.span
    let name = scope.names.rule(Self.rule)
    let group = scope.arn("logs", "log-group:\(scope.names.logGroup(.events)):*")
    // EventBridge hands them over by the service that delivers logs.
    let writers = Statement.Principal.services(["events.amazonaws.com", "delivery.logs.amazonaws.com"])
    let document = Policy(
      Statement("OpenStream", .allow, writers, ["logs:CreateLogStream"], on: [group]),
      Statement(
        "WriteEvents", .allow, writers, ["logs:PutLogEvents"], on: ["\(group):*"],
        when: [.arn("aws:SourceArn", scope.arn("events", "rule/\(name)"))]))
    policy = Node(
      "events",
      .init(
        name: scope.names.logResourcePolicy, document: JSONDocument(text: document.text), stack: scope.stack.name,
        resource: "events"))
    rule = Node(
      Self.rule,
      .init(
        name: name, description: "everything that AWS tells about \(scope.stack.name), for the record",
        pattern: Self.pattern(scope, drills, backups),
        targets: [
          // A log cannot be late: it may try for as long as EventBridge offers.
          "log": EventTarget(
            audit[.events].output(\.arn), retryAttempts: 185, maximumAge: 86_400,
            deadLetter: queues[.eventsDead].output(\.arn))
        ], tags: scope.tags(EventRule.self, Self.rule)))
  }

  var resources: [DesiredResource] {
    // Without it what the rule sends is dropped.
    [policy.resource(origin: origin), rule.resource(after: [policy.address], origin: origin)]
  }

  /// The account's other databases, experiments and backups are not for its trail. All alarms together would be longer
  /// than a pattern may be: those of a stack whose name goes on where this one's ends are in it too.
  private static func pattern(_ scope: Scope, _ drills: DrillsBlueprint, _ backups: BackupsBlueprint) -> JSONDocument {
    let names = scope.names
    let database: JSONDocument = [
      "source": ["aws.rds"],
      "resources": .list(
        ["cluster:\(names.cluster)"].map { .text(scope.arn("rds", $0)) }
          + scope.stack.cluster.members.map { .text(scope.arn("rds", "db:\(names.instance($0.name))")) }),
    ]
    let alarms: JSONDocument = [
      "source": ["aws.cloudwatch"],
      "resources": [["prefix": .text(scope.arn("cloudwatch", "alarm:\(names.alarm(""))"))]],
    ]
    let copies: JSONDocument = [
      "source": ["aws.backup"], "detail": ["backupVaultName": [.reference(backups.vault.output(\.name))]],
    ]
    let restores: JSONDocument = [
      "source": ["aws.backup"],
      "detail": ["restoreTestingPlanArn": [.reference(backups.testing.output(\.arn))]],
    ]
    let experiments: [JSONDocument] =
      drills.templates.isEmpty
      ? []
      : [
        [
          "source": ["aws.fis"],
          "detail": ["experiment-template-id": .list(drills.templates.map(JSONDocument.reference))],
        ]
      ]
    return ["$or": .list([database, alarms, copies, restores] + experiments)]
  }
}
