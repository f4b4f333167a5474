// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
package import AWSClient
package import Core
package import ResourceKit

// aws: rds CreateDBInstance ModifyDBInstance DeleteDBInstance DescribeDBInstances DescribeDBClusters
// aws: rds AddTagsToResource RemoveTagsFromResource

/// An instance of an Aurora cluster: the writer, or a reader that may become it.
///
/// - Which of them is the writer is Aurora's affair and never a difference. The promotion tier says which one it should be
///   next; tiers 0 and 1 keep a reader as large as the writer.
/// - Changes that restart an instance are made one instance at a time, readers first and the writer last.
/// - Taking an instance out of the spec deletes it while it is a reader and another instance stays. The writer and the last
///   copy go only with the whole stack.
/// - The stack's lag guard moves a reader that lags to the last tier and back. As long as it does, a tag with the reader's own
///   tier says so, and the other tier is told and is no difference.
/// - An instance that Aurora's autoscaling added is not harecon's, whatever its tags say.
package enum DBInstance: ResourceKind {
  package static let name: KindName = "rds/instance"
  package static let identity: Identity = .name
  package static let oneAtATime = true
  // The cluster knows which of its members writes and which wait for a restart.
  package static let parent: KindName? = DBCluster.name
  package static let holdsParent: (any PartialKeyPath<Desired> & Sendable)? = \Desired.cluster
  package static let follows: [KindName] = [DBCluster.name, DBParameterGroup.name, IAMRole.name]

  package struct Desired: Sendable {
    package var name: String
    package var cluster: Input<String>
    package var instanceClass: String
    package var zone: String
    /// 0 is promoted first, 15 last.
    package var promotionTier: Int
    package var parameterGroup: Input<String>
    package var autoMinorUpgrade: Bool
    /// Seconds; 0 is off. Set here and not at the cluster, where AWS takes it at creation and never again.
    package var monitoringInterval: Int
    package var monitoringRole: Input<String>?
    package var certificateAuthority: String?
    package var maintenanceWindow: String?
    package var publiclyAccessible = false
    /// The member that is made before it in a cluster that has none: the first one writes. nil for that one itself, and where it
    /// is all the same.
    package var predecessor: String?
    package var tags: [String: String]

    package init(
      name: String, cluster: Input<String>, instanceClass: String = "db.serverless", zone: String,
      promotionTier: Int, parameterGroup: Input<String>, autoMinorUpgrade: Bool = false, monitoringInterval: Int = 0,
      monitoringRole: Input<String>? = nil, certificateAuthority: String? = nil, maintenanceWindow: String? = nil,
      predecessor: String? = nil, tags: [String: String]
    ) {
      self.name = name
      self.cluster = cluster
      self.instanceClass = instanceClass
      self.zone = zone
      self.promotionTier = promotionTier
      self.parameterGroup = parameterGroup
      self.autoMinorUpgrade = autoMinorUpgrade
      self.monitoringInterval = monitoringInterval
      self.monitoringRole = monitoringRole
      self.certificateAuthority = certificateAuthority
      self.maintenanceWindow = maintenanceWindow
      self.predecessor = predecessor
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var status: String
    package var cluster: String
    package var instanceClass: String
    package var zone: String
    package var promotionTier: Int
    package var parameterGroup: String
    package var autoMinorUpgrade: Bool
    package var monitoringInterval: Int
    package var monitoringRole: String?
    package var certificateAuthority: String
    package var maintenanceWindow: String
    package var publiclyAccessible: Bool
    package var endpoint: String?
    package var tags: [String: String]
    package var isWriter: Bool
    package var pending: [String: String]
    /// Whether the lag guard holds it at the last tier, away from the one that the spec gives it.
    package var isHeld = false
  }

  /// The tier that the spec gives an instance, as long as the lag guard holds it at the last one.
  package static let heldTag = "harecon:held-tier"
  /// Aurora promotes who is here only when nobody else is left.
  private static let lastTier = 15

  package static let attributes: [Attribute<Self>] = [
    Attribute(
      "cluster", \.cluster, \.cluster,
      .refuse(wayOut: "an instance never changes its cluster: give the member another name")),
    Attribute(
      "zone", \.zone, \.zone,
      .refuse(
        wayOut:
          "an instance never changes its zone: add a member with another name there, apply, then take this one out")),
    Attribute("instanceClass", \.instanceClass, \.instanceClass, .inPlace(.restart)),
    Attribute("promotionTier", \.promotionTier, \.promotionTier),
    Attribute("parameterGroup", \.parameterGroup, \.parameterGroup, .inPlace(.restart), .atNextRestart),
    Attribute("autoMinorUpgrade", \.autoMinorUpgrade, \.autoMinorUpgrade),
    Attribute("monitoringInterval", \.monitoringInterval, \.monitoringInterval),
    Attribute("monitoringRole", \.monitoringRole, \.monitoringRole),
    Attribute(
      serverDefaulted: "certificateAuthority", \.certificateAuthority, \.certificateAuthority, .inPlace(.restart)),
    Attribute(
      serverDefaulted: "maintenanceWindow", \.maintenanceWindow, \.maintenanceWindow, equality: .caseInsensitive),
    Attribute("publiclyAccessible", \.publiclyAccessible, \.publiclyAccessible, .inPlace(.connections)),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [
    Output("id", \.name), Output("arn", \.arn), Output("endpoint", \.endpoint),
  ]

  package static let patience = Patience(
    ready: .seconds(2400), gone: .seconds(2400), longestPause: .seconds(15))

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let name = query.focusName
    let instances = try await ifThere { () async throws(CallError) in
      try await aws.all(RDS.describeDBInstances, .init(dbInstanceIdentifier: name), \.dbInstances)
    }
    let clusters = query.parents.map { $0.typed(DBCluster.self) }
    let members = clusters.flatMap(\.members)
    let ours = Set(
      clusters.filter { cluster in
        if case .stack(query.stack, _) = DBCluster.facts(cluster).owner { true } else { false }
      }.map(\.name))
    return (instances ?? []).filter { instance in
      // What others put into a cluster of ours keeps it from being deleted.
      let isWithin = instance.dbClusterIdentifier.map(ours.contains) ?? false
      return (isWithin || query.mayOwn(instance.dbInstanceIdentifier ?? "")) && !RestoreTest.made(instance)
    }.compactMap { instance in
      Observed(
        instance, members, wanted: query.desired.first { $0.name == instance.dbInstanceIdentifier })
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    try await awaitPredecessor(of: desired, aws)
    let request = RDS.CreateDBInstanceInput(
      dbInstanceIdentifier: desired.name,
      dbInstanceClass: desired.instanceClass,
      engine: DBCluster.engine,
      availabilityZone: desired.zone,
      preferredMaintenanceWindow: desired.maintenanceWindow,
      dbParameterGroupName: try desired.parameterGroup.now(),
      autoMinorVersionUpgrade: desired.autoMinorUpgrade,
      publiclyAccessible: desired.publiclyAccessible,
      tags: desired.tags.rdsTags,
      dbClusterIdentifier: try desired.cluster.now(),
      monitoringInterval: desired.monitoringInterval,
      monitoringRoleArn: try desired.monitoringRole?.now(),
      promotionTier: desired.promotionTier,
      caCertificateIdentifier: desired.certificateAuthority)
    _ = try await awaitingVisibility { () async throws(CallError) in try await aws(RDS.createDBInstance, request) }
  }

  /// Fails with what the engine tries again for two minutes as long as a cluster without members has not even the first: it is
  /// enough that it is being made.
  private static func awaitPredecessor(of desired: Desired, _ aws: AWS) async throws(CallError) {
    guard let predecessor = desired.predecessor else { return }
    let first = try await ifThere { () async throws(CallError) in
      try await aws(RDS.describeDBInstances, .init(dbInstanceIdentifier: predecessor)).dbInstances?.first
    }
    guard first ?? nil == nil else { return }
    // It may have gone while others stayed, one of which writes.
    let name = try desired.cluster.now()
    let cluster = try await aws(RDS.describeDBClusters, .init(dbClusterIdentifier: name)).dbClusters?.first
    guard cluster?.dbClusterMembers?.isEmpty ?? true else { return }
    throw CallError(
      .notFound, code: "FirstMemberMissing",
      message: "the first member of \"\(name)\" is to be \"\(predecessor)\", which writes then, and it is not there")
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await rdsRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    guard let request = try modifyRequest(observed, to: desired, changes) else { return }
    _ = try await awaitingVisibility { () async throws(CallError) in try await aws(RDS.modifyDBInstance, request) }
  }

  /// One call for all that has changed, at once and never in the maintenance window; nil when only tags have.
  static func modifyRequest(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>
  ) throws(CallError) -> RDS.ModifyDBInstanceInput? {
    let untouched = RDS.ModifyDBInstanceInput(dbInstanceIdentifier: observed.name, applyImmediately: true)
    var request = untouched
    if changes.contains(\.instanceClass) { request.dbInstanceClass = desired.instanceClass }
    if changes.contains(\.promotionTier) { request.promotionTier = desired.promotionTier }
    if changes.contains(\.parameterGroup) { request.dbParameterGroupName = try desired.parameterGroup.now() }
    if changes.contains(\.autoMinorUpgrade) { request.autoMinorVersionUpgrade = desired.autoMinorUpgrade }
    if changes.containsAny(\.monitoringInterval, \.monitoringRole) {
      // AWS wants both or neither.
      request.monitoringInterval = desired.monitoringInterval
      request.monitoringRoleArn = try desired.monitoringRole?.now()
    }
    if changes.contains(\.certificateAuthority) { request.caCertificateIdentifier = desired.certificateAuthority }
    if changes.contains(\.maintenanceWindow) { request.preferredMaintenanceWindow = desired.maintenanceWindow }
    if changes.contains(\.publiclyAccessible) { request.publiclyAccessible = desired.publiclyAccessible }
    return request.fields == untouched.fields ? nil : request
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    if observed.status.lowercased() == "deleting" { return }
    try await allowDeletion(of: observed, deletion, aws)
    _ = try await aws(
      RDS.deleteDBInstance, .init(dbInstanceIdentifier: observed.name, skipFinalSnapshot: true))
  }

  /// Looks again who writes: a failover since the plan was made must not cost the writer.
  private static func allowDeletion(
    of observed: Observed, _ deletion: Deletion, _ aws: AWS
  ) async throws(CallError) {
    let cluster = try await ifThere { () async throws(CallError) in
      try await aws(RDS.describeDBClusters, .init(dbClusterIdentifier: observed.cluster)).dbClusters?.first
    }
    let members = (cluster??.dbClusterMembers ?? []).map(DBCluster.Member.init)
    switch DBInstance.deletion(of: observed.name, among: members, wholeStack: deletion.wholeStack) {
    case .allowed: return
    case .later(let reason): throw CallError(.conflict, code: "ReadersFirst", message: reason)
    case .refused(let reason): throw CallError(.invalid, code: "InstanceKept", message: reason)
    }
  }

  enum DeletionVerdict: Hashable {
    case allowed
    case later(String)
    case refused(String)
  }

  static func deletion(of name: String, among members: [DBCluster.Member], wholeStack: Bool) -> DeletionVerdict {
    guard let member = members.first(where: { $0.name == name }) else { return .allowed }
    let others = members.filter { $0.name != name }
    if wholeStack {
      // Deleting the writer before its readers makes Aurora fail over to one of them, for nothing.
      return member.isWriter && !others.isEmpty
        ? .later("the writer \"\(name)\" goes after its readers") : .allowed
    }
    if others.isEmpty {
      return .refused("\"\(name)\" is the last instance of its cluster: add another member first")
    }
    if member.isWriter {
      return .refused("\"\(name)\" is the writer: switch over to another member first")
    }
    return .allowed
  }

  package static func facts(_ observed: Observed) -> Facts {
    let isAutoscaled = observed.name.hasPrefix("application-autoscaling-")
    return Facts(
      id: observed.name, key: observed.name, owner: isAutoscaled ? .nobody : OwnerTag.owner(observed.tags),
      health: Health(rdsStatus: observed.status), pending: observed.pending, turn: observed.isWriter ? 1 : 0,
      stays: observed.isWriter ? "it is the writer: switch over to another member first" : nil,
      held: observed.isHeld
        ? ["promotionTier": "the lag guard keeps it at \"\(lastTier)\" until the reader has caught up"] : [:])
  }

  /// A tag that names another tier than the spec is of an older spec, and one on another tier than the last tells of nothing.
  static func isHeld(_ tags: [String: String], at tier: Int, wanted: Int?) -> Bool {
    guard tier == lastTier, let wanted else { return false }
    return tags[heldTag] == "\(wanted)"
  }
}

extension DBInstance.Observed {
  /// nil for an answer without a name or an ARN.
  ///
  /// - Parameter members: of its cluster.
  init?(_ instance: RDS.DBInstance, _ members: [DBCluster.Member], wanted: DBInstance.Desired?) {
    guard let name = instance.dbInstanceIdentifier, let arn = instance.dbInstanceArn else { return nil }
    let isWriter = members.contains { $0.name == name && $0.isWriter }
    var queue = QueuedChanges(window: instance.preferredMaintenanceWindow)
    let instanceClass = queue.value(
      of: "instanceClass", live: instance.dbInstanceClass ?? "",
      queued: instance.pendingModifiedValues?.dbInstanceClass, wanted: wanted?.instanceClass)
    let certificateAuthority = queue.value(
      of: "certificateAuthority", live: instance.caCertificateIdentifier ?? "",
      queued: instance.pendingModifiedValues?.caCertificateIdentifier, wanted: wanted?.certificateAuthority)
    let group = instance.dbParameterGroups?.first
    var pending = queue.pending
    if group?.parameterApplyStatus == "pending-reboot" {
      let member = members.first { $0.name == name } ?? .init(name: name, isWriter: false, awaitsRestart: true)
      pending["static parameters"] = RestartOrder(of: [member], among: members)?.description
    }
    let tags = [String: String](rdsTags: instance.tagList)
    let tier = instance.promotionTier ?? 1
    self.init(
      name: name,
      arn: arn,
      status: instance.dbInstanceStatus ?? "",
      cluster: instance.dbClusterIdentifier ?? "",
      instanceClass: instanceClass,
      zone: instance.availabilityZone ?? "",
      promotionTier: tier,
      parameterGroup: group?.dbParameterGroupName ?? "",
      autoMinorUpgrade: instance.autoMinorVersionUpgrade ?? false,
      monitoringInterval: instance.monitoringInterval ?? 0,
      // Switched off, it is of no consequence which role AWS remembers.
      monitoringRole: instance.monitoringInterval == 0 ? nil : instance.monitoringRoleArn,
      certificateAuthority: certificateAuthority,
      maintenanceWindow: instance.preferredMaintenanceWindow ?? "",
      publiclyAccessible: instance.publiclyAccessible ?? false,
      endpoint: instance.endpoint?.address,
      tags: tags,
      isWriter: isWriter,
      pending: pending,
      isHeld: DBInstance.isHeld(tags, at: tier, wanted: wanted?.promotionTier))
  }
}
