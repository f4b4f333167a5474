// SPDX-License-Identifier: Apache-2.0

package import Core

/// Every name that a stack gives to something in AWS: all of them follow from the stack's own name.
///
/// `all` lists them with what their services take; a rule of the spec checks it before anything is called.
package struct Names: Sendable {
  let stack: Stack

  package init(_ stack: Stack) {
    self.stack = stack
  }

  var prefix: String { stack.name }

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
  /// With the region in it: roles belong to the account, and another region may have a stack of this name.
  package var monitoringRole: String { "\(prefix)-\(stack.region)-monitoring" }
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

// MARK: Limits

extension Names {
  /// One name, what it is the name of, what its service takes, and the field that decides how long it is.
  package struct Derived: Sendable {
    package let what: String
    package let name: String
    package let limit: TextPattern
    package let span: SourceSpan
  }

  /// - Parameter span: the stack's name when nil.
  func derived(_ what: String, _ name: String, _ limit: TextPattern, at span: SourceSpan? = nil) -> Derived {
    Derived(what: what, name: name, limit: limit, span: span ?? stack.$name.span)
  }

  package var all: [Derived] { network + database + others + operations }

  private var network: [Derived] {
    [
      derived("VPC", vpc, .tagValue), derived("route table", routeTable, .tagValue),
      derived("database's security group", databaseGroup, .securityGroup),
      derived("functions' security group", functionsGroup, .securityGroup),
      derived("endpoints' security group", endpointsGroup, .securityGroup),
    ] + stack.network.zones.map { derived("subnet", subnet(in: $0.value), .tagValue, at: $0.span) }
      + EndpointService.allCases.map { derived("endpoint", endpoint($0), .tagValue) }
  }

  private var database: [Derived] {
    [
      derived("subnet group", subnetGroup, .databaseGroup), derived("cluster", cluster, .databaseIdentifier),
      derived("cluster parameter group", clusterParameterGroup, .databaseGroup),
      derived("instance parameter group", instanceParameterGroup, .databaseGroup),
      derived("final snapshot", finalSnapshot(at: "20261122T164500Z"), .databaseGroup),
    ] + stack.cluster.members.map { derived("instance", instance($0.name), .databaseIdentifier, at: $0.$name.span) }
      + stack.cluster.logExports.map { derived("log group", logGroup($0.value), .logGroup) }
  }

  private var others: [Derived] {
    [
      derived("role path", rolePath, .rolePath), derived("monitoring role", monitoringRole, .role),
      derived("key alias", keyAlias, .keyAlias),
      derived("writer's record", writerRecord, .record, at: stack.dns.names.$writer.span),
      derived("reader's record", readerRecord, .record, at: stack.dns.names.$reader.span),
      derived("service's record", serviceRecord, .record, at: stack.dns.names.$service.span),
    ]
  }
}

/// What AWS takes as names, service by service.
extension TextPattern {
  static func limit(
    _ summary: String, _ rest: String, first: String? = nil, last: String? = nil, _ length: ClosedRange<Int>,
    forbidden: [String] = [], reserved: [String] = []
  ) -> TextPattern {
    TextPattern(
      "a name", plural: "names", summary, rest, first: first, last: last, length: length, forbidden: forbidden,
      reserved: reserved)
  }

  fileprivate static let securityGroup = limit(
    "1 to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*, not beginning with sg-",
    #"a-zA-Z0-9 ._:/()#,@\[\]+=&;{}!$*-"#, 1...255, reserved: ["sg-"])
  /// DB clusters and instances.
  static let databaseIdentifier = limit(
    "1 to 63 letters, digits and single -, beginning with a letter", "a-z0-9-", first: "a-z", last: "a-z0-9", 1...63,
    forbidden: ["--"])
  /// Parameter groups, subnet groups and snapshots.
  fileprivate static let databaseGroup = limit(
    "1 to 255 letters, digits and single -, beginning with a letter", "a-z0-9-", first: "a-z", last: "a-z0-9", 1...255,
    forbidden: ["--"])
  static let role = limit("1 to 64 letters, digits and +=,.@-_", "a-zA-Z0-9+=,.@_-", 1...64)
  fileprivate static let rolePath = limit("1 to 512 characters between slashes", "!-~", first: "/", last: "/", 1...512)
  fileprivate static let keyAlias = limit(
    "1 to 256 letters, digits and /_-", "a-zA-Z0-9/_-", 1...256, reserved: ["alias/aws/"])
  static let logGroup = limit("1 to 512 letters, digits and _-/.#", "a-zA-Z0-9_/.#-", 1...512)
  fileprivate static let record = limit("1 to 253 characters", "a-z0-9.-", 1...253)
}
