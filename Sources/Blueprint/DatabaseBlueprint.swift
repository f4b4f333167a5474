// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The cluster, its instances and what they are made with.
struct DatabaseBlueprint {
  let cluster: Node<DBCluster>
  let subnetGroup: Node<DBSubnetGroup>
  let clusterParameters: Node<DBClusterParameterGroup>
  private let instanceParameters: Node<DBParameterGroup>
  private let monitoringRole: Node<IAMRole>?
  private let logGroups: [Node<LogGroup>]
  private let scope: Scope

  init(_ scope: Scope, _ network: NetworkBlueprint, _ encryption: EncryptionBlueprint) {
    self.scope = scope
    let (spec, names) = (scope.stack.cluster, scope.names)
    let key = encryption.key.output(\.arn)
    let version = Self.version(spec)
    subnetGroup = Node(
      "main",
      .init(
        name: names.subnetGroup, description: "private subnets of \(scope.stack.name)",
        subnets: network.subnets.map { $0.output(\.id) }, tags: scope.tags(DBSubnetGroup.self, "main")))
    clusterParameters = Node(
      "main",
      .init(
        name: names.clusterParameterGroup, family: version.family,
        description: "cluster settings of \(scope.stack.name)",
        parameters: ParameterDefaults.cluster.merging(spec.parameters.dictionary) { _, wanted in wanted },
        tags: scope.tags(DBClusterParameterGroup.self, "main")))
    instanceParameters = Node(
      "main",
      .init(
        name: names.instanceParameterGroup, family: version.family,
        description: "instance settings of \(scope.stack.name)", parameters: [:],
        tags: scope.tags(DBParameterGroup.self, "main")))
    monitoringRole = spec.monitoringInterval > .zero ? Self.monitoringRole(scope) : nil
    logGroups = spec.logExports.map { export in
      let name = "cluster-\(export.value.rawValue)"
      return Node(
        name,
        .init(
          name: names.logGroup(export.value), retention: spec.logRetention.wholeDays, key: key,
          tags: scope.tags(LogGroup.self, name)))
    }
    cluster = Node(
      "main",
      .init(
        name: names.cluster, version: version, acceptsLater: spec.version.atLeast != nil,
        databaseName: spec.database, masterUsername: spec.masterUser, port: spec.port,
        capacity: .init(min: spec.capacity.min, max: spec.capacity.max), subnetGroup: subnetGroup.output(\.name),
        parameterGroup: clusterParameters.output(\.name), securityGroups: [network.databaseGroup.output(\.id)],
        storageType: spec.storage.storageType, key: key, masterSecretKey: key,
        iamAuthentication: spec.iamAuthentication, backupRetention: spec.backupRetention.wholeDays,
        backupWindow: spec.backupWindow.description, maintenanceWindow: spec.maintenanceWindow.description,
        autoMinorUpgrade: Self.isUpgradedByAWS(spec), deletionProtection: spec.protection,
        logExports: spec.logExports.map(\.value.rawValue),
        insights: .init(mode: spec.insights.rawValue, retention: spec.insights.retentionDays), insightsKey: key,
        dataAPI: spec.dataAPI, lifecycleSupport: Self.lifecycleSupport(spec),
        tags: scope.tags(DBCluster.self, "main")))
  }

  var members: [Node<DBInstance>] { scope.stack.cluster.members.map(instance) }

  /// Who writes in a new cluster; from then on there is a database to look at.
  var firstWriter: Address? { firstMember.map { instance($0).address } }

  /// nil when the spec does not export that log.
  func logGroup(of export: LogExport) -> Node<LogGroup>? {
    zip(logGroups, scope.stack.cluster.logExports).first { $0.1.value == export }?.0
  }

  var resources: [DesiredResource] {
    let (stack, spec) = (scope.stack, scope.stack.cluster)
    let groups = zip(logGroups, spec.logExports).map { group, export in group.resource(origin: export.span) }
    let role = monitoringRole.map { [$0.resource(origin: spec.$monitoringInterval.span)] } ?? []
    return [
      subnetGroup.resource(origin: stack.network.$zones.span),
      clusterParameters.resource(origin: spec.$parameters.span),
      instanceParameters.resource(origin: stack.$cluster.span),
      // RDS makes a group that it does not find, without key and retention, and again after it has been deleted: the
      // groups come before the cluster and go after it.
      cluster.resource(after: Set(logGroups.map(\.address)), origin: stack.$cluster.span),
    ] + groups + role + spec.members.map { instance($0).resource(origin: $0.$name.span) }
  }

  /// Who writes in a new cluster: of those that are promoted first, the first in the spec.
  private var firstMember: Member? { scope.stack.cluster.members.min { $0.tier < $1.tier } }

  private func instance(_ member: Member) -> Node<DBInstance> {
    let spec = scope.stack.cluster
    let first = firstMember.flatMap { $0.name == member.name ? nil : scope.names.instance($0.name) }
    return Node(
      member.name,
      .init(
        name: scope.names.instance(member.name), cluster: cluster.output(\.name), zone: member.zone,
        promotionTier: member.tier, parameterGroup: instanceParameters.output(\.name),
        autoMinorUpgrade: Self.isUpgradedByAWS(spec), monitoringInterval: spec.monitoringInterval.wholeSeconds,
        monitoringRole: monitoringRole?.output(\.arn), certificateAuthority: spec.certificateAuthority.rawValue,
        maintenanceWindow: spec.maintenanceWindow.description, predecessor: first,
        tags: scope.tags(DBInstance.self, member.name)))
  }

  /// What RDS sends the measurements of the operating system with.
  private static func monitoringRole(_ scope: Scope) -> Node<IAMRole> {
    // For this stack's instances and no others.
    let trust = Statement.trust(
      "monitoring.rds.amazonaws.com",
      when: [
        .equals("aws:SourceAccount", scope.stack.account),
        .arn("aws:SourceArn", scope.arn("rds", "db:\(scope.stack.name)-*")),
      ])
    return Node(
      "monitoring",
      .init(
        name: scope.names.monitoringRole, path: scope.names.rolePath,
        description: "enhanced monitoring of \(scope.stack.name)", trust: Policy(trust).text,
        attachedPolicies: [scope.managedPolicy("service-role/AmazonRDSEnhancedMonitoringRole")],
        permissionsBoundary: scope.boundary,
        tags: scope.tags(IAMRole.self, "monitoring")))
  }

  private static func version(_ spec: Cluster) -> DBCluster.Version {
    guard let version = DBCluster.Version(spec.version.wanted.description) else {
      preconditionFailure("\(spec.version.wanted) is no version, which the spec's reader refuses")
    }
    return version
  }

  private static func isUpgradedByAWS(_ spec: Cluster) -> Bool {
    switch spec.minorUpgrades {
    case .manual: false
    case .automatic: true
    }
  }

  private static func lifecycleSupport(_ spec: Cluster) -> String {
    let extended = "open-source-rds-extended-support"
    return spec.extendedSupport ? extended : "\(extended)-disabled"
  }
}
