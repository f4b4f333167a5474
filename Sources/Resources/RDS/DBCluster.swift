// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
package import AWSClient
package import Core
package import ResourceKit

// aws: rds CreateDBCluster ModifyDBCluster DeleteDBCluster DescribeDBClusters DescribeDBEngineVersions
// aws: rds EnableHttpEndpoint DisableHttpEndpoint AddTagsToResource RemoveTagsFromResource

/// An Aurora PostgreSQL cluster: storage over three zones, endpoints, and what its instances share.
///
/// - A change is made at once and never left for the maintenance window, so that an applied plan is a fact; what somebody
///   else has queued counts as made, and is undone where the spec says otherwise.
/// - A minor version goes up in place, with an outage; it never goes down, and a version that AWS moved ahead is no
///   difference. A major version, the key, the database's and the master user's name are fixed: harecon refuses.
/// - A cluster is ready before it has an instance, and answers no query until it has one.
/// - Only `destroy` deletes it: protection is switched off then and a last snapshot taken, unless none was asked for.
package enum DBCluster: ResourceKind {
  package static let name: KindName = "rds/cluster"
  package static let identity: Identity = .name
  package static let holdsData = true
  package static let follows: [KindName] = [
    DBSubnetGroup.name, DBClusterParameterGroup.name, KMSKey.name, LogGroup.name, "ec2/security-group",
  ]

  package static let engine = "aurora-postgresql"

  package struct Desired: Sendable {
    package var name: String
    package var version: Version
    /// When the wanted version is no longer offered, the next later minor may be made instead.
    package var acceptsLater: Bool
    package var databaseName: String
    package var masterUsername: String
    package var port: Int
    package var capacity: Capacity
    package var subnetGroup: Input<String>
    package var parameterGroup: Input<String>
    package var securityGroups: [Input<String>]
    /// `aurora` or `aurora-iopt1`.
    package var storageType: String
    package var storageEncrypted = true
    /// The ARN of the key of the storage.
    package var key: Input<String>
    package var managedPassword = true
    package var masterSecretKey: Input<String>?
    package var iamAuthentication: Bool
    /// Days.
    package var backupRetention: Int
    package var backupWindow: String?
    package var maintenanceWindow: String?
    package var autoMinorUpgrade: Bool
    package var deletionProtection: Bool
    package var copyTagsToSnapshot = true
    package var logExports: [String]
    package var insights: Insights
    package var insightsKey: Input<String>?
    package var dataAPI: Bool
    /// `open-source-rds-extended-support`, or the same with `-disabled`.
    package var lifecycleSupport: String
    package var tags: [String: String]
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var resourceID: String
    package var status: String
    package var version: Version
    package var databaseName: String
    package var masterUsername: String
    package var port: Int
    package var capacity: Capacity
    package var subnetGroup: String
    package var parameterGroup: String
    package var securityGroups: [String]
    package var storageType: String
    package var storageEncrypted: Bool
    package var key: String
    package var managedPassword: Bool
    package var masterSecret: String?
    package var masterSecretStatus: String?
    package var masterSecretKey: String?
    package var iamAuthentication: Bool
    package var backupRetention: Int
    package var backupWindow: String
    package var maintenanceWindow: String
    package var autoMinorUpgrade: Bool
    package var deletionProtection: Bool
    package var copyTagsToSnapshot: Bool
    package var logExports: [String]
    package var insights: Insights
    package var insightsKey: String?
    package var dataAPI: Bool
    package var lifecycleSupport: String
    package var endpoint: String?
    package var readerEndpoint: String?
    package var members: [Member]
    package var tags: [String: String]
    package var pending: [String: String]
  }

  /// An instance as its cluster sees it.
  package struct Member: Sendable, Hashable {
    package var name: String
    package var isWriter: Bool
    /// Static parameters of the cluster's group wait for a restart of this instance.
    package var awaitsRestart: Bool
  }

  private static let restoreWayOut =
    "AWS fixes it when a cluster is made: restore a snapshot into a new stack and move the clients"

  package static let attributes: [Attribute<Self>] = [
    Attribute(
      "majorVersion", \.version.major, \.version.major,
      .refuse(wayOut: "upgrade a clone or use a blue/green deployment, then let the spec follow")),
    Attribute("engineVersion", \.version.text, \.version.text, .inPlace(.outage), .neverBackwards),
    Attribute("databaseName", \.databaseName, \.databaseName, .refuse(wayOut: restoreWayOut)),
    Attribute("masterUsername", \.masterUsername, \.masterUsername, .refuse(wayOut: restoreWayOut)),
    // All instances restart at once.
    Attribute("port", \.port, \.port, .inPlace(.outage)),
    // Without an outage; `max_connections` follows the new maximum at the next restart.
    Attribute("capacity", \.capacity, \.capacity),
    Attribute("subnetGroup", \.subnetGroup, \.subnetGroup, .refuse(wayOut: restoreWayOut)),
    Attribute("parameterGroup", \.parameterGroup, \.parameterGroup),
    Attribute(
      "securityGroups", \.securityGroups, \.securityGroups, .inPlace(.connections), .additionsUnnoticed,
      equality: .unordered),
    Attribute("storageType", \.storageType, \.storageType),
    Attribute("storageEncrypted", \.storageEncrypted, \.storageEncrypted, .refuse(wayOut: restoreWayOut)),
    Attribute("key", \.key, \.key, .refuse(wayOut: restoreWayOut)),
    Attribute("managedPassword", \.managedPassword, \.managedPassword),
    Attribute(
      "masterSecretKey", \.masterSecretKey, \.masterSecretKey,
      .refuse(wayOut: "set a password of your own for a moment: RDS then makes the secret anew with the right key"),
      .setOnce),
    Attribute("iamAuthentication", \.iamAuthentication, \.iamAuthentication),
    Attribute("backupRetention", \.backupRetention, \.backupRetention),
    Attribute(serverDefaulted: "backupWindow", \.backupWindow, \.backupWindow),
    Attribute(
      serverDefaulted: "maintenanceWindow", \.maintenanceWindow, \.maintenanceWindow, equality: .caseInsensitive),
    Attribute("autoMinorUpgrade", \.autoMinorUpgrade, \.autoMinorUpgrade),
    Attribute("deletionProtection", \.deletionProtection, \.deletionProtection),
    Attribute("copyTagsToSnapshot", \.copyTagsToSnapshot, \.copyTagsToSnapshot),
    Attribute("logExports", \.logExports, \.logExports, equality: .unordered),
    Attribute("insights", \.insights, \.insights),
    Attribute(
      "insightsKey", \.insightsKey, \.insightsKey,
      .refuse(
        wayOut: "AWS keeps the first key of Performance Insights: let the spec keep it too, or restore a snapshot"),
      .setOnce),
    Attribute("dataAPI", \.dataAPI, \.dataAPI),
    Attribute("lifecycleSupport", \.lifecycleSupport, \.lifecycleSupport, .refuse(wayOut: restoreWayOut)),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [
    Output("id", \.name), Output("arn", \.arn), Output("resourceId", \.resourceID),
    Output("endpoint", \.endpoint), Output("readerEndpoint", \.readerEndpoint), Output("port", \.port),
    Output("masterSecretArn", \.masterSecret),
  ]

  // AWS's own waiters give a cluster half an hour; a last snapshot of a large one is only begun in it.
  package static let patience = Patience(
    ready: .seconds(1800), gone: .seconds(3600), longestPause: .seconds(15))

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let name = query.focusName
    let clusters = try await ifThere { () async throws(CallError) in
      try await aws.all(RDS.describeDBClusters, .init(dbClusterIdentifier: name), \.dbClusters)
    }
    return (clusters ?? []).filter { query.mayOwn($0.dbClusterIdentifier ?? "") && !RestoreTest.made($0) }.compactMap {
      cluster in
      Observed(cluster, wanted: query.desired.first { $0.name == cluster.dbClusterIdentifier })
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = try createRequest(desired, version: try await versionToMake(desired, aws).text)
    _ = try await awaitingVisibility { () async throws(CallError) in try await aws(RDS.createDBCluster, request) }
  }

  /// The wanted version, or the next later one that AWS still offers where the spec allows it.
  private static func versionToMake(_ desired: Desired, _ aws: AWS) async throws(CallError) -> Version {
    guard desired.acceptsLater else { return desired.version }
    let offered = try await aws.all(
      RDS.describeDBEngineVersions, .init(engine: engine, dbParameterGroupFamily: desired.version.family),
      \.dbEngineVersions
    ).compactMap { $0.engineVersion.flatMap(Version.init) }
    return desired.version.nextOffered(offered) ?? desired.version
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    // Tags first: they need no state of the cluster, which the next call puts to `modifying`.
    if changes.contains(\.tags) { try await rdsRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    var target = desired
    if changes.contains(\.version.text) { target.version = try await versionToMake(desired, aws) }
    if let request = try modifyRequest(observed, to: target, changes) {
      _ = try await awaitingVisibility { () async throws(CallError) in try await aws(RDS.modifyDBCluster, request) }
    }
    // ModifyDBCluster takes the member and ignores it on anything but Serverless v1.
    if changes.contains(\.dataAPI) {
      if desired.dataAPI {
        _ = try await aws(RDS.enableHttpEndpoint, .init(resourceArn: observed.arn))
      } else {
        _ = try await aws(RDS.disableHttpEndpoint, .init(resourceArn: observed.arn))
      }
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    if observed.status.lowercased() == "deleting" { return }
    guard deletion.wholeStack else {
      throw CallError(
        .invalid, code: "ClusterKept", message: "the cluster \"\(observed.name)\" is only deleted by `harecon destroy`")
    }
    if observed.deletionProtection {
      _ = try await aws(
        RDS.modifyDBCluster,
        .init(dbClusterIdentifier: observed.name, applyImmediately: true, deletionProtection: false))
    }
    _ = try await aws(RDS.deleteDBCluster, deleteRequest(observed.name, deletion))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags), health: health(observed),
      pending: observed.pending)
  }

  /// The status alone says too little: the master secret, which others need at once, is made a little later.
  private static func health(_ observed: Observed) -> Health {
    let health = Health(rdsStatus: observed.status)
    if health == .ready, observed.masterSecretStatus == "creating" { return .progressing("creating the master secret") }
    return health
  }
}
