// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// Whether the writer does its work, seen from outside by Route 53 and from inside by the probe.
///
/// Route 53's checkers stand outside of every VPC and can sign nothing: they ask a function behind a public URL, below a path
/// that nobody can guess. The probe inside is the faster of the two, and what wakes the coordinator.
struct HealthBlueprint {
  let check: Node<HealthCheck>
  /// Everything that looks at the database, and the database: before that there is nothing to see, and silence says nothing.
  let sources: Set<Address>
  private let url: Node<FunctionURL>
  private let permissions: [Node<FunctionPermission>]
  private let probing: Node<Schedule>
  private let database: Set<Address>
  private let scope: Scope

  init(
    _ scope: Scope, _ database: DatabaseBlueprint, _ functions: FunctionsBlueprint, _ schedules: SchedulesBlueprint
  ) {
    self.scope = scope
    self.database = database.firstWriter.map { [$0] } ?? []
    let function = functions[.health]
    let url = Node<FunctionURL>("health", .init(function: function.output(\.name)))
    self.url = url
    // Both: with the first alone AWS answers 403 since October 2025.
    permissions = [
      Node(
        "health-url",
        .init(
          function: function.output(\.name), statement: "url", action: "lambda:InvokeFunctionUrl", principal: "*",
          urlAuthType: "NONE")),
      Node(
        "health-invoke",
        .init(
          function: function.output(\.name), statement: "invoke-through-url", principal: "*", onlyThroughURL: true)),
    ]
    let endpoint = scope.stack.health.endpoint
    check = Node(
      "writer",
      .endpoint(
        host: url.output(\.host), path: function.output(\.secretPath), searchString: endpoint.answer,
        interval: endpoint.every.wholeSeconds, threshold: endpoint.failures,
        regions: endpoint.regions?.map(\.value.rawValue) ?? [],
        tags: scope.tags(HealthCheck.self, "writer", label: "\(scope.stack.name) writer")))
    // A schedule's smallest step is a minute: one call looks every few seconds until the next has begun.
    probing = schedules.schedule(
      "probe", "looks whether the writer writes", every: "rate(1 minute)", calls: functions[.probe], maximumAge: 60)
    sources = self.database.union([check.address, probing.address])
  }

  var resources: [DesiredResource] {
    let endpoint = scope.stack.health.$endpoint.span
    return [url.resource(origin: endpoint)] + permissions.map { $0.resource(origin: endpoint) }
      // Without the permissions it would be told 403 and call the writer unhealthy, and while there is no writer yet both would
      // call for a failover.
      + [check.resource(after: database.union(permissions.map(\.address)), origin: endpoint)]
      + [probing.resource(after: database, origin: scope.stack.health.$probe.span)]
  }
}
