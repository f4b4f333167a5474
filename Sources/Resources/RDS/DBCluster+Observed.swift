// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
internal import Core
internal import ResourceKit

extension DBCluster.Observed {
  /// nil for an answer without a name or an ARN.
  init?(_ cluster: RDS.DBCluster, wanted: DBCluster.Desired?) {
    guard let name = cluster.dbClusterIdentifier, let arn = cluster.dbClusterArn else { return nil }
    let pending = cluster.pendingModifiedValues
    var queue = QueuedChanges(window: cluster.preferredMaintenanceWindow)
    let version = queue.value(
      of: "engineVersion", live: cluster.engineVersion ?? "", queued: pending?.engineVersion,
      wanted: pending?.engineVersion.map { wanted?.isMet(by: $0) == true ? $0 : wanted?.version.text } ?? nil)
    // AWS leaves the standard type out of its answers.
    let storageType = queue.value(
      of: "storageType", live: cluster.storageType ?? "aurora", queued: pending?.storageType,
      wanted: wanted?.storageType)
    let iamAuthentication = queue.value(
      of: "iamAuthentication", live: cluster.iamDatabaseAuthenticationEnabled ?? false,
      queued: pending?.iamDatabaseAuthenticationEnabled, wanted: wanted?.iamAuthentication)
    let backupRetention = queue.value(
      of: "backupRetention", live: cluster.backupRetentionPeriod ?? 0, queued: pending?.backupRetentionPeriod,
      wanted: wanted?.backupRetention)
    let exports = (cluster.enabledCloudwatchLogsExports ?? []).sorted()
    let logExports = queue.value(
      of: "logExports", live: exports,
      queued: pending?.pendingCloudwatchLogsExports.map { Self.exports(exports, $0) },
      wanted: wanted?.logExports.sorted())
    self.init(
      name: name,
      arn: arn,
      resourceID: cluster.dbClusterResourceId ?? "",
      status: cluster.status ?? "",
      version: DBCluster.Version(observed: version),
      databaseName: cluster.databaseName ?? "",
      masterUsername: cluster.masterUsername ?? "",
      port: cluster.port ?? 0,
      capacity: DBCluster.Capacity(
        min: cluster.serverlessV2ScalingConfiguration?.minCapacity ?? 0,
        max: cluster.serverlessV2ScalingConfiguration?.maxCapacity ?? 0),
      subnetGroup: cluster.dbSubnetGroup ?? "",
      parameterGroup: cluster.dbClusterParameterGroup ?? "",
      securityGroups: Self.groups(cluster.vpcSecurityGroups),
      storageType: storageType,
      storageEncrypted: cluster.storageEncrypted ?? false,
      key: cluster.kmsKeyId ?? "",
      managedPassword: cluster.masterUserSecret != nil,
      masterSecret: cluster.masterUserSecret?.secretArn,
      masterSecretStatus: cluster.masterUserSecret?.secretStatus,
      masterSecretKey: cluster.masterUserSecret?.kmsKeyId,
      iamAuthentication: iamAuthentication,
      backupRetention: backupRetention,
      backupWindow: cluster.preferredBackupWindow ?? "",
      maintenanceWindow: cluster.preferredMaintenanceWindow ?? "",
      autoMinorUpgrade: cluster.autoMinorVersionUpgrade ?? false,
      deletionProtection: cluster.deletionProtection ?? false,
      copyTagsToSnapshot: cluster.copyTagsToSnapshot ?? false,
      logExports: logExports,
      insights: DBCluster.Insights(
        mode: cluster.databaseInsightsMode ?? "standard", isEnabled: cluster.performanceInsightsEnabled ?? false,
        retention: cluster.performanceInsightsRetentionPeriod ?? 0),
      insightsKey: cluster.performanceInsightsKMSKeyId,
      dataAPI: cluster.httpEndpointEnabled ?? false,
      lifecycleSupport: cluster.engineLifecycleSupport ?? "open-source-rds-extended-support",
      endpoint: cluster.endpoint,
      readerEndpoint: cluster.readerEndpoint,
      members: (cluster.dbClusterMembers ?? []).map(DBCluster.Member.init),
      tags: [String: String](rdsTags: cluster.tagList),
      pending: queue.pending.merging(Self.waiting(cluster)) { queued, _ in queued })
  }

  /// A group that is being taken away is no longer one of the cluster's.
  private static func groups(_ memberships: [RDS.VpcSecurityGroupMembership]?) -> [String] {
    (memberships ?? []).filter { $0.status != "removing" }.compactMap(\.vpcSecurityGroupId).sorted()
  }

  private static func exports(_ live: [String], _ queued: RDS.PendingCloudwatchLogsExports) -> [String] {
    Set(live).union(queued.logTypesToEnable ?? []).subtracting(queued.logTypesToDisable ?? []).sorted()
  }

  /// What is set and needs a restart, or somebody's eyes, to take effect.
  private static func waiting(_ cluster: RDS.DBCluster) -> [String: String] {
    var waiting: [String: String] = [:]
    let members = (cluster.dbClusterMembers ?? []).map(DBCluster.Member.init)
    if let restart = RestartOrder(of: members.filter(\.awaitsRestart), among: members) {
      waiting["static parameters"] = restart.description
    }
    if cluster.masterUserSecret?.secretStatus == "impaired" {
      waiting["managedPassword"] =
        "once the rotation of its secret works again (Secrets Manager reports it as impaired)"
    }
    return waiting
  }
}

extension DBCluster.Member {
  init(_ member: RDS.DBClusterMember) {
    self.init(
      name: member.dbInstanceIdentifier ?? "", isWriter: member.isClusterWriter ?? false,
      awaitsRestart: member.dbClusterParameterGroupStatus == "pending-reboot")
  }
}
