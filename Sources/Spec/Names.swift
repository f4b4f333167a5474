// SPDX-License-Identifier: Apache-2.0

/// Every name that a stack gives to something in AWS: all of them follow from the stack's own name.
package struct Names: Sendable {
  private let stack: Stack

  package init(_ stack: Stack) {
    self.stack = stack
  }

  private var prefix: String { stack.name }

  // MARK: Network

  package var vpc: String { prefix }
  package func subnet(in zone: String) -> String { "\(prefix)-private-\(zone)" }
  package var routeTable: String { "\(prefix)-private" }
  package var databaseGroup: String { "\(prefix)-database" }
  package var functionsGroup: String { "\(prefix)-functions" }
  package var endpointsGroup: String { "\(prefix)-endpoints" }
  package func endpoint(_ service: EndpointService) -> String { "\(prefix)-\(service.rawValue)" }

  // MARK: Encryption and roles

  /// The path under which all IAM roles of the stack live.
  package var rolePath: String { "/harecon/\(prefix)/" }
  package var monitoringRole: String { "\(prefix)-monitoring" }
  package var keyAlias: String { "alias/harecon/\(prefix)/main" }

  // MARK: Database

  package var subnetGroup: String { prefix }
  /// With the family in it, so that the group of a next major version can stand beside it.
  package var clusterParameterGroup: String { "\(prefix)-cluster-pg\(stack.cluster.version.wanted.major)" }
  package var instanceParameterGroup: String { "\(prefix)-instance-pg\(stack.cluster.version.wanted.major)" }
  package var cluster: String { prefix }
  package func instance(_ member: String) -> String { "\(prefix)-\(member)" }
  /// - Parameter timestamp: letters and digits only, for example `20261122T164500Z`.
  package func finalSnapshot(at timestamp: String) -> String { "\(prefix)-final-\(timestamp.lowercased())" }
  /// The name that RDS gives to the group it exports a log to; made first, so that it has a key and a retention.
  package func logGroup(_ export: LogExport) -> String { "/aws/rds/cluster/\(cluster)/\(export.rawValue)" }

  // MARK: DNS

  package var zone: String { stack.dns.zone }
  package var writerRecord: String { "\(stack.dns.names.writer).\(zone)" }
  package var readerRecord: String { "\(stack.dns.names.reader).\(zone)" }
  package var serviceRecord: String { "\(stack.dns.names.service).\(zone)" }
}
