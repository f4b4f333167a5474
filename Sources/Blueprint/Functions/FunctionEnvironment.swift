// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// What each function is told by its environment: where things are, and its part of the spec.
///
/// All variables of a function may have 4 KB together, which HA161 sees to. What belongs together is one variable in JSON; times are seconds.
struct FunctionEnvironment {
  private let scope: Scope
  private let secret: Input<String>
  private let auditGroup: Input<String>
  private let evidence: Input<String>

  init(_ scope: Scope, _ database: DatabaseBlueprint, _ audit: AuditBlueprint, _ evidence: EvidenceBlueprint) {
    self.scope = scope
    secret = database.cluster.output(\.masterSecret)
    auditGroup = audit[.audit].output(\.name)
    self.evidence = evidence.bucket.output(\.name)
  }

  func variables(of function: StackFunction) -> [String: Input<String>] {
    var variables = common
    for (name, value) in own(function) { variables[name] = value }
    if function.isAudited { variables["AUDIT_GROUP"] = auditGroup }
    return variables
  }

  private var common: [String: Input<String>] {
    [
      "STACK": .given(scope.stack.name), "CLUSTER": .given(scope.names.cluster),
      "CLUSTER_ARN": .given(scope.arn("rds", "cluster:\(scope.names.cluster)")), "SECRET_ARN": secret,
      "DATABASE": .given(scope.stack.cluster.database), "METRICS_NAMESPACE": .given(scope.names.metricNamespace),
    ]
  }

  private func own(_ function: StackFunction) -> [String: Input<String>] {
    let (health, failover) = (scope.stack.health, scope.stack.failover)
    switch function {
    case .health:
      return [
        "HEALTH_ANSWER": .given(health.endpoint.answer), "HEALTH_CHECKS": checks(health.checks),
        "HEALTH_DEADLINE": .given(health.endpoint.timeout.secondsText),
      ]
    case .probe:
      return [
        "COORDINATOR": .given(scope.names.function(.coordinator)), "HEALTH_CHECKS": checks(health.checks),
        "SETTINGS": settings([
          "every": .double(health.probe.every.seconds), "attempts": .int(health.probe.attempts),
          "timeout": .double(health.probe.timeout.seconds), "pause": .double(health.probe.pause.seconds),
        ]),
      ]
    case .coordinator:
      return tables.merging(topics) { first, _ in first }.merging([
        "DRAINER": .given(scope.names.function(.drainer)), "PROBE": .given(scope.names.function(.probe)),
        "SETTINGS": settings([
          "mode": .string(failover.mode.rawValue), "after": .double(failover.trigger.after.seconds),
          "maxLag": .double(failover.candidate.maxLag.seconds), "otherZone": .bool(failover.candidate.otherZone),
          "cooldown": .double(failover.cooldown.seconds), "maxPerDay": .int(failover.maxPerDay),
          "failoverWithin": .double(scope.stack.objectives.failoverWithin.seconds),
        ]),
      ]) { first, _ in first }
    case .drainer:
      return ["SETTINGS": settings(["grace": .double(failover.drain.grace.seconds)])]
    case .lagGuard:
      return tables.merging([
        "SETTINGS": settings([
          "warn": .double(health.replicaLag.warn.seconds), "page": .double(health.replicaLag.page.seconds),
          "tiers": .object(
            JSONObject(
              scope.stack.cluster.members.map { (key: scope.names.instance($0.name), value: .int($0.tier)) })),
        ])
      ]) { first, _ in first }
    case .replayWorker:
      return [
        "SETTINGS": settings([
          "ledger": .string(failover.replay.ledger), "keep": .double(failover.replay.ledgerRetention.seconds),
        ]),
        "DEAD_QUEUE": .given(scope.names.queue(.replayDead)),
      ]
    case .backupVerifier:
      let verify = scope.stack.backups.verify
      return tables.merging(topics) { first, _ in first }.merging([
        "EVIDENCE_BUCKET": evidence, "RESTORE_CHECKS": checks(verify.checks),
        "SETTINGS": settings([
          "within": .double(verify.within.seconds), "plan": .string(scope.names.restoreTestingPlan),
          "parameterGroup": .string(scope.names.instanceParameterGroup),
        ]),
      ]) { first, _ in first }
    case .rotateUser: return [:]
    }
  }

  private var tables: [String: Input<String>] {
    ["LEASES_TABLE": .given(scope.names.table(.leases)), "DECISIONS_TABLE": .given(scope.names.table(.decisions))]
  }

  private var topics: [String: Input<String>] {
    [
      "CRITICAL_TOPIC": .given(scope.arn("sns", scope.names.criticalTopic)),
      "WARNING_TOPIC": .given(scope.arn("sns", scope.names.warningTopic)),
    ]
  }

  private func checks(_ checks: [SQLCheck]) -> Input<String> {
    .given(SQLCheck.text(checks))
  }

  private func settings(_ object: JSONObject) -> Input<String> { .given(JSON.object(object).text()) }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
  /// `1.5`
  var secondsText: String { String(seconds) }
}
