// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The private zone and the names by which clients find the writer and the readers.
struct DNSBlueprint {
  private let zone: Node<HostedZone>
  private let records: [(node: Node<RecordSet>, origin: SourceSpan)]
  private let scope: Scope

  init(_ scope: Scope, _ network: NetworkBlueprint, _ database: DatabaseBlueprint, _ health: HealthBlueprint) {
    self.scope = scope
    let (dns, names) = (scope.stack.dns, scope.names)
    let zone = Node<HostedZone>(
      "main",
      .init(
        zone: names.zone, vpcs: [network.vpc.output(\.id)], comment: "names of \(scope.stack.name)",
        tags: scope.tags(HostedZone.self, "main")))
    self.zone = zone
    let cluster = database.cluster
    // Plain names for the cluster's own: Aurora moves those at a failover, so that nothing has to be changed here while
    // the control plane is what may be failing. Aliases cannot point at a cluster.
    func record(
      _ name: String, _ text: String, _ target: Input<String>, failover: String? = nil, check: Input<String>? = nil
    ) -> Node<RecordSet> {
      Node(
        name,
        .init(
          zone: zone.output(\.id), record: text, type: "CNAME", ttl: dns.ttl.wholeSeconds, values: [target],
          identifier: failover.map { _ in name }, failover: failover, healthCheck: check,
          owner: RecordOwner(stack: scope.stack.name, address: Address(RecordSet.name, name))))
    }
    records = [
      (record("writer", names.writerRecord, cluster.output(\.endpoint)), dns.names.$writer.span),
      (record("reader", names.readerRecord, cluster.output(\.readerEndpoint)), dns.names.$reader.span),
      // The writer while it is healthy, else the readers: data that can be read is better than no answer. The second has no check
      // of its own: were both unhealthy, Route 53 would answer the first again.
      (
        record(
          "service-writer", names.serviceRecord, cluster.output(\.endpoint), failover: "PRIMARY",
          check: health.check.output(\.id)), dns.names.$service.span
      ),
      (
        record("service-reader", names.serviceRecord, cluster.output(\.readerEndpoint), failover: "SECONDARY"),
        dns.names.$service.span
      ),
    ]
  }

  var resources: [DesiredResource] {
    [zone.resource(origin: scope.stack.dns.$zone.span)]
      + records.map { record in record.node.resource(origin: record.origin) }
  }
}
