// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The alarms, and the composite alarms that tell of several of them at once.
struct AlarmsBlueprint {
  private let alarms: [(alarm: StackAlarm, node: Node<MetricAlarm>)]
  private let healthCheckAlarm: Node<MetricAlarm>?
  private let composites: [Node<CompositeAlarm>]
  private let sources: Set<Address>
  private let scope: Scope

  init(_ scope: Scope, _ topics: TopicsBlueprint, _ health: HealthBlueprint) {
    self.scope = scope
    sources = health.sources
    let critical = topics.critical.output(\.arn)
    let warning = topics.warning.output(\.arn)
    let alarms = StackAlarms(scope).all.map { alarm in
      (alarm: alarm, node: Self.node(alarm, scope, tells: Self.told(alarm.audience, critical, warning)))
    }
    self.alarms = alarms
    healthCheckAlarm = Self.healthCheckAlarm(scope, health.check)
    let parts = Dictionary(uniqueKeysWithValues: alarms.map { ($0.alarm.name, $0.node.output(\.name)) })
    let suppressor = parts["drill-running"].map { ActionsSuppressor($0, wait: 20, extensionPeriod: 120) }
    let endpoint = healthCheckAlarm.map { [$0.output(\.name)] } ?? []
    let pressure = alarms.filter { $0.alarm.audience == .composite }
      .filter { !["writer-down", "engine-down", "drill-running"].contains($0.alarm.name) }
    composites = [
      Node(
        "no-writer",
        .init(
          name: scope.names.alarm("no-writer"),
          description: "the database cannot be written to; while a drill runs nobody is told",
          when: .any((["writer-down", "engine-down"].compactMap { parts[$0] } + endpoint).map(AlarmRule.alarm)),
          suppressor: suppressor, actions: AlarmActions(alarm: [critical], ok: [critical]),
          tags: scope.tags(CompositeAlarm.self, "no-writer"))),
      Node(
        "pressure",
        .init(
          name: scope.names.alarm("pressure"),
          description: "the database runs short of something: see which parts are in alarm",
          when: .any(pressure.map { .alarm($0.node.output(\.name)) }), suppressor: suppressor,
          actions: AlarmActions(alarm: [warning], ok: [warning]), tags: scope.tags(CompositeAlarm.self, "pressure"))),
    ]
  }

  /// - Parameter name: within the stack.
  subscript(_ name: String) -> Node<MetricAlarm> {
    guard let found = alarms.first(where: { $0.alarm.name == name }) else {
      preconditionFailure("there is no alarm \(name)")
    }
    return found.node
  }

  /// Data may be at risk: what drills stop on.
  var dataSafety: Node<MetricAlarm> { self["data-safety"] }

  var resources: [DesiredResource] {
    let origin = scope.stack.$alerts.span
    // Where silence is a failure, what is to speak comes first.
    return alarms.map { $0.node.resource(after: $0.alarm.warmUp == nil ? [] : sources, origin: origin) }
      + (healthCheckAlarm.map { [$0.resource(origin: scope.stack.health.$endpoint.span)] } ?? [])
      + composites.map { $0.resource(origin: origin) }
  }

  private static func told(
    _ audience: StackAlarm.Audience, _ critical: Input<String>, _ warning: Input<String>
  ) -> AlarmActions {
    switch audience {
    case .critical: AlarmActions(alarm: [critical], ok: [critical])
    case .warning: AlarmActions(alarm: [warning], ok: [warning])
    case .composite: AlarmActions()
    }
  }

  private static func node(_ alarm: StackAlarm, _ scope: Scope, tells actions: AlarmActions) -> Node<MetricAlarm> {
    let name = scope.names.alarm(alarm.name)
    let tags = scope.tags(MetricAlarm.self, alarm.name)
    switch alarm.subject {
    case .metric(let watched):
      return Node(
        alarm.name,
        .init(
          name: name, description: alarm.description, on: watched, alarm.comparison, alarm.threshold,
          evaluationPeriods: alarm.periods, missingData: alarm.missingData, warmUp: alarm.warmUp,
          actions: actions, tags: tags))
    case .expression(let queries):
      return Node(
        alarm.name,
        .init(
          name: name, description: alarm.description, on: queries, alarm.comparison, alarm.threshold,
          evaluationPeriods: alarm.periods, missingData: alarm.missingData, warmUp: alarm.warmUp,
          actions: actions, tags: tags))
    }
  }

  /// Route 53 tells of its checks every minute and in us-east-1 only, so that this is evidence and no detector.
  private static func healthCheckAlarm(_ scope: Scope, _ check: Node<HealthCheck>) -> Node<MetricAlarm>? {
    guard scope.stack.region == "us-east-1" else { return nil }
    return Node(
      "endpoint-down",
      .init(
        name: scope.names.alarm("endpoint-down"),
        description: "Route 53 finds no healthy writer behind the health function",
        on: WatchedMetric("AWS/Route53", "HealthCheckStatus", ["HealthCheckId": check.output(\.id)], .minimum), .below,
        1,
        evaluationPeriods: 3, missingData: .breaching, warmUp: StackAlarm.shortestWarmUp,
        tags: scope.tags(MetricAlarm.self, "endpoint-down")))
  }
}
