// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The drills: an experiment of the Fault Injection Service for each, every week.
///
/// Each stops when data may be at risk, and on nothing that it is meant to cause. Targets are ARNs, so that no tag can
/// lead an experiment to another database. Of every experiment there is a report in the stack's bucket for evidence.
struct DrillsBlueprint {
  private struct Member {
    let drill: Drill
    let template: Node<ExperimentTemplate>
    let schedule: Node<Schedule>
  }

  private let members: [Member]
  private let role: Node<IAMRole>?
  private let scope: Scope

  init(
    _ scope: Scope, _ network: NetworkBlueprint, _ database: DatabaseBlueprint, _ alarms: AlarmsBlueprint,
    _ schedules: SchedulesBlueprint, _ audit: AuditBlueprint, _ dashboard: DashboardBlueprint,
    _ evidence: EvidenceBlueprint
  ) {
    self.scope = scope
    guard !scope.stack.drills.isEmpty else {
      (members, role) = ([], nil)
      return
    }
    let role = Self.role(scope)
    self.role = role
    members = scope.stack.drills.map { drill in
      let fault = Fault(drill, scope, network, database)
      let template = Node<ExperimentTemplate>(
        drill.name,
        .init(
          description: "\(scope.stack.name), drill \(drill.name): \(fault.action.description)",
          role: role.output(\.arn), roleID: role.output(\.uniqueID),
          targets: [Fault.target: fault.target], actions: ["break": fault.action],
          stopConditions: [alarms.dataSafety.output(\.arn)], logGroup: audit[.drills].output(\.arn),
          report: evidence.report(of: drill, showing: dashboard.arn),
          tags: scope.tags(ExperimentTemplate.self, drill.name, label: "\(scope.stack.name) \(drill.name)")))
      // A drill that begins hours late begins when nobody expects it. The execution's id makes a second attempt the
      // same experiment as the first.
      let schedule = schedules.schedule(
        "drill-\(drill.name)", "begins the drill \(drill.name)", every: drill.schedule.cron,
        target: .given("arn:\(scope.partition.name):scheduler:::aws-sdk:fis:startExperiment"),
        input: [
          "ClientToken": "<aws.scheduler.execution-id>",
          "ExperimentTemplateId": .reference(template.output(\.id)),
        ], retries: 1, maximumAge: 300)
      return Member(drill: drill, template: template, schedule: schedule)
    }
  }

  /// The ids of the stack's experiment templates, by which events of its drills are told from those of others.
  var templates: [Input<String>] { members.map { $0.template.output(\.id) } }

  var resources: [DesiredResource] {
    members.flatMap { member in
      [
        member.template.resource(origin: member.drill.$fault.span),
        member.schedule.resource(origin: member.drill.$schedule.span),
      ]
    } + (role.map { [$0.resource(origin: scope.stack.$drills.span)] } ?? [])
  }

  private static func role(_ scope: Scope) -> Node<IAMRole> {
    let trust = Statement.trust(
      "fis.amazonaws.com",
      when: [
        .equals("aws:SourceAccount", scope.stack.account), .arn("aws:SourceArn", scope.arn("fis", "experiment/*")),
      ])
    return Node(
      "faults",
      .init(
        name: scope.names.role(.faults), path: scope.names.rolePath, description: "drills of \(scope.stack.name)",
        trust: Policy(trust).text, inlinePolicies: ["work": FaultPolicies(scope).policy.text],
        permissionsBoundary: scope.boundary, tags: scope.tags(IAMRole.self, "faults")))
  }
}

/// What a drill breaks, in the words of the Fault Injection Service.
private struct Fault {
  /// The one target's name within the template.
  static let target = "broken"

  let target: ExperimentTemplate.Target
  let action: ExperimentTemplate.Action

  init(_ drill: Drill, _ scope: Scope, _ network: NetworkBlueprint, _ database: DatabaseBlueprint) {
    switch drill.fault {
    case .writerFailover:
      target = .init(resourceType: "aws:rds:cluster", resources: [database.cluster.output(\.arn)])
      action = .failover(of: Self.target, description: "\(scope.names.cluster) fails over to another member")
    case .memberRestart:
      guard let member = database.members.first(where: { $0.address.name == drill.member }) else {
        preconditionFailure("the drill \(drill.name) restarts no member, which the spec's rules refuse")
      }
      target = .init(resourceType: "aws:rds:db", resources: [member.output(\.arn)])
      action = .reboot(of: Self.target, description: "the database of member \(member.address.name) restarts")
    case .zoneIsolation:
      guard let subnet = network.subnets.first(where: { $0.address.name == drill.zone }) else {
        preconditionFailure("the drill \(drill.name) isolates no zone, which the spec's rules refuse")
      }
      target = .init(resourceType: "aws:ec2:subnet", resources: [subnet.output(\.arn)])
      action = .init(
        "aws:network:disrupt-connectivity", description: "the subnet in \(subnet.address.name) is cut off",
        parameters: ["duration": "PT\(drill.duration.wholeSeconds / 60)M", "scope": "all"],
        targets: ["Subnets": Self.target])
    }
  }
}
