// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// Where it is written down what was done, and by whom: log groups that are there before those who write to them, and
/// the record of who talked to whom in the network.
struct AuditBlueprint {
  private let groups: [StackLog: Node<LogGroup>]
  private let flowRole: Node<IAMRole>
  private let flow: Node<FlowLog>
  private let filters: [Node<MetricFilter>]
  private let scope: Scope

  init(_ scope: Scope, _ network: NetworkBlueprint, _ encryption: EncryptionBlueprint, _ database: DatabaseBlueprint) {
    self.scope = scope
    let groups = Dictionary(
      uniqueKeysWithValues: StackLog.allCases.map { log in
        (log, Self.group(log, scope, key: encryption.key.output(\.arn)))
      })
    self.groups = groups
    let role = Self.flowRole(scope)
    flowRole = role
    let flowGroup = Self.node(.flow, in: groups)
    flow = Node(
      "main",
      .init(
        vpc: network.vpc.output(\.id), logGroup: flowGroup.output(\.arn), role: role.output(\.arn),
        tags: scope.tags(FlowLog.self, "main", label: scope.names.vpc)))
    filters = Self.filters(scope, flow: flowGroup, database: database.logGroup(of: .postgresql))
  }

  /// - Precondition: every log has its group.
  subscript(_ log: StackLog) -> Node<LogGroup> { Self.node(log, in: groups) }

  private static func node(_ log: StackLog, in groups: [StackLog: Node<LogGroup>]) -> Node<LogGroup> {
    guard let node = groups[log] else { preconditionFailure("there is no log group \(log.rawValue)") }
    return node
  }

  var resources: [DesiredResource] {
    let audit = scope.stack.$audit.span
    return StackLog.allCases.map { self[$0].resource(origin: scope.stack.audit.$retention.span) }
      + [flowRole.resource(origin: audit), flow.resource(origin: audit)] + filters.map { $0.resource(origin: audit) }
  }

  private static func group(_ log: StackLog, _ scope: Scope, key: Input<String>) -> Node<LogGroup> {
    Node(
      log.rawValue,
      .init(
        name: scope.names.logGroup(log), retention: scope.stack.audit.retention.wholeDays, key: key,
        tags: scope.tags(LogGroup.self, log.rawValue)))
  }

  // MARK: The network

  private static func flowRole(_ scope: Scope) -> Node<IAMRole> {
    let trust = Statement.trust(
      "vpc-flow-logs.amazonaws.com",
      when: [
        .equals("aws:SourceAccount", scope.stack.account), .arn("aws:SourceArn", scope.arn("ec2", "vpc-flow-log/*")),
      ])
    let group = scope.arn("logs", "log-group:\(scope.names.logGroup(.flow))")
    let work = Policy(
      // Into this group, and not to make it: one that comes back after `destroy` would be kept for ever.
      Statement(
        "WriteLog", ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        on: [group, "\(group):*"]),
      Statement("FindLog", ["logs:DescribeLogGroups"], on: ["*"]))
    let name = StackRole.flowLogs.rawValue
    return Node(
      name,
      .init(
        name: scope.names.role(.flowLogs), path: scope.names.rolePath, description: "flow log of \(scope.stack.name)",
        trust: Policy(trust).text, inlinePolicies: ["work": work.text],
        permissionsBoundary: scope.boundary, tags: scope.tags(IAMRole.self, name)))
  }

  // MARK: What the logs tell in numbers

  /// - Parameter database: the group of PostgreSQL's own log; nil when it is not exported.
  private static func filters(
    _ scope: Scope, flow: Node<LogGroup>, database: Node<LogGroup>?
  ) -> [Node<MetricFilter>] {
    // One word for each field of `FlowLog.format`.
    let rejected = """
      [version, account, interface, source, destination, sourcePort, destinationPort="\(scope.stack.cluster.port)", \
      protocol, packets, bytes, start, end, action="REJECT", status]
      """
    let filter = { (what: String, group: Node<LogGroup>, pattern: String, metric: LogMetric) in
      Node<MetricFilter>(
        what,
        .init(
          group: group.output(\.name), name: scope.names.metricFilter(what), pattern: pattern,
          namespace: scope.names.metricNamespace, metric: metric.rawValue, defaultValue: 0, unit: "Count"))
    }
    let refused = filter("rejected-connections", flow, rejected, .rejectedConnections)
    guard let database else { return [refused] }
    return [
      refused,
      filter("login-failures", database, #"?"authentication failed" ?"no pg_hba.conf entry""#, .loginFailures),
    ]
  }
}

/// The metrics that CloudWatch Logs counts for the stack.
enum LogMetric: String {
  /// Connections to the database's port that a security group did not let through.
  case rejectedConnections = "RejectedConnections"
  /// Logins that PostgreSQL refused. Known only where the spec exports its log.
  case loginFailures = "LoginFailures"
}
