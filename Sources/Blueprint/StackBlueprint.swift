// SPDX-License-Identifier: Apache-2.0

package import Core
internal import ResourceKit
package import Spec

/// Everything that a spec asks for, as a graph of resources.
///
/// One blueprint per concern below it. Each holds its resources as typed nodes, so that the next one can refer to what they
/// publish; most of the graph's edges are read off those references. What has to be made first for another reason is an
/// explicit edge, with the reason beside it.
package struct StackBlueprint {
  private let scope: Scope

  /// - Precondition: `stack` has passed the rules of the spec.
  package init(_ stack: Stack) {
    scope = Scope(stack)
  }

  package var graph: Graph {
    let network = NetworkBlueprint(scope)
    let encryption = EncryptionBlueprint(scope)
    let database = DatabaseBlueprint(scope, network, encryption)
    let queues = QueuesBlueprint(scope, encryption)
    let topics = TopicsBlueprint(scope, encryption, queues)
    let audit = AuditBlueprint(scope, network, encryption, database)
    let evidence = EvidenceBlueprint(scope, encryption)
    let functions = FunctionsBlueprint(scope, network, encryption, database, queues, audit, evidence)
    let schedules = SchedulesBlueprint(scope, encryption, queues)
    let health = HealthBlueprint(scope, database, functions, schedules)
    let failover = FailoverBlueprint(scope, encryption, functions, queues, schedules)
    let alarms = AlarmsBlueprint(scope, topics, health)
    let dashboard = DashboardBlueprint(scope, health, alarms)
    let drills = DrillsBlueprint(scope, network, database, alarms, schedules, audit, dashboard, evidence)
    let backups = BackupsBlueprint(scope, network, encryption, database)
    let secrets = SecretsBlueprint(scope, network, encryption, database, functions)
    let trail = EventTrailBlueprint(scope, queues, audit, drills, backups)
    let dns = DNSBlueprint(scope, network, database, health)
    // AWS takes any number of networks, route tables and keys with the same tags. Of two runs that both find nothing, each
    // would make its own: so a stack begins with one resource of a unique name, which only one of them can make, and
    // everything else waits for it.
    let first = database.clusterParameters.address
    let resources = [
      network.resources, encryption.resources, database.resources, queues.resources, topics.resources,
      functions.resources, schedules.resources, health.resources, failover.resources, alarms.resources, dns.resources,
      dashboard.resources, audit.resources, evidence.resources, drills.resources, backups.resources, secrets.resources,
      trail.resources,
    ].joined()
    return Graph(stack: scope.stack.name, resources.map { $0.waiting(for: first) })
  }
}

extension DesiredResource {
  /// The same resource, made after `first` if it would otherwise need nothing.
  fileprivate func waiting(for first: Address) -> DesiredResource {
    guard needs.isEmpty, address != first else { return self }
    return DesiredResource(
      address: address, key: key, values: values, needs: [first], origin: origin, opaque: opaque)
  }
}
