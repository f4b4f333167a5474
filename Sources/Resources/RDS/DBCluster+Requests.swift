// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
internal import Core
internal import ResourceKit

extension DBCluster {
  static func createRequest(_ desired: Desired, version: String) throws(CallError) -> RDS.CreateDBClusterInput {
    RDS.CreateDBClusterInput(
      dbClusterIdentifier: desired.name,
      engine: engine,
      backupRetentionPeriod: desired.backupRetention,
      databaseName: desired.databaseName,
      dbClusterParameterGroupName: try desired.parameterGroup.now(),
      vpcSecurityGroupIds: try desired.securityGroups.now(),
      dbSubnetGroupName: try desired.subnetGroup.now(),
      engineVersion: version,
      port: desired.port,
      masterUsername: desired.masterUsername,
      preferredBackupWindow: desired.backupWindow,
      preferredMaintenanceWindow: desired.maintenanceWindow,
      tags: desired.tags.rdsTags,
      storageEncrypted: desired.storageEncrypted,
      kmsKeyId: try desired.key.now(),
      enableIAMDatabaseAuthentication: desired.iamAuthentication,
      enableCloudwatchLogsExports: desired.logExports.isEmpty ? nil : desired.logExports,
      engineMode: "provisioned",
      storageType: desired.storageType,
      autoMinorVersionUpgrade: desired.autoMinorUpgrade,
      deletionProtection: desired.deletionProtection,
      enableHttpEndpoint: desired.dataAPI,
      copyTagsToSnapshot: desired.copyTagsToSnapshot,
      // Has to be there before the first `db.serverless` instance is.
      serverlessV2ScalingConfiguration: desired.capacity.request,
      databaseInsightsMode: desired.insights.mode,
      enablePerformanceInsights: desired.insights.isEnabled,
      performanceInsightsKMSKeyId: desired.insights.isEnabled ? try desired.insightsKey?.now() : nil,
      performanceInsightsRetentionPeriod: desired.insights.keptFor,
      manageMasterUserPassword: desired.managedPassword,
      masterUserSecretKmsKeyId: try desired.masterSecretKey?.now(),
      engineLifecycleSupport: desired.lifecycleSupport)
  }

  /// One call for all that has changed; nil when nothing that ModifyDBCluster takes has.
  ///
  /// `ApplyImmediately` is always said: left out, a change waits for the maintenance window and the difference stays.
  static func modifyRequest(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>
  ) throws(CallError) -> RDS.ModifyDBClusterInput? {
    let untouched = RDS.ModifyDBClusterInput(dbClusterIdentifier: observed.name, applyImmediately: true)
    var request = untouched
    if changes.contains(\.version.text) { request.engineVersion = desired.version.text }
    if changes.contains(\.port) { request.port = desired.port }
    if changes.contains(\.capacity) { request.serverlessV2ScalingConfiguration = desired.capacity.request }
    if changes.contains(\.parameterGroup) { request.dbClusterParameterGroupName = try desired.parameterGroup.now() }
    if changes.contains(\.securityGroups) { request.vpcSecurityGroupIds = try desired.securityGroups.now() }
    if changes.contains(\.storageType) { request.storageType = desired.storageType }
    if changes.containsAny(\.managedPassword, \.masterSecretKey) {
      request.manageMasterUserPassword = desired.managedPassword
      // AWS takes the key in the call that turns the management on, and in no other.
      if !observed.managedPassword { request.masterUserSecretKmsKeyId = try desired.masterSecretKey?.now() }
    }
    if changes.contains(\.iamAuthentication) { request.enableIAMDatabaseAuthentication = desired.iamAuthentication }
    if changes.contains(\.backupRetention) { request.backupRetentionPeriod = desired.backupRetention }
    if changes.contains(\.backupWindow) { request.preferredBackupWindow = desired.backupWindow }
    if changes.contains(\.maintenanceWindow) { request.preferredMaintenanceWindow = desired.maintenanceWindow }
    if changes.contains(\.autoMinorUpgrade) { request.autoMinorVersionUpgrade = desired.autoMinorUpgrade }
    if changes.contains(\.deletionProtection) { request.deletionProtection = desired.deletionProtection }
    if changes.contains(\.copyTagsToSnapshot) { request.copyTagsToSnapshot = desired.copyTagsToSnapshot }
    if changes.contains(\.logExports) {
      request.cloudwatchLogsExportConfiguration = exports(from: observed.logExports, to: desired.logExports)
    }
    if changes.containsAny(\.insights, \.insightsKey) {
      request.databaseInsightsMode = desired.insights.mode
      request.enablePerformanceInsights = desired.insights.isEnabled
      request.performanceInsightsRetentionPeriod = desired.insights.keptFor
      if desired.insights.isEnabled, observed.insightsKey == nil {
        request.performanceInsightsKMSKeyId = try desired.insightsKey?.now()
      }
    }
    return request.fields == untouched.fields ? nil : request
  }

  /// AWS takes log exports as what to add and what to take away.
  private static func exports(from observed: [String], to desired: [String]) -> RDS.CloudwatchLogsExportConfiguration {
    let enable = desired.filter { !observed.contains($0) }.sorted()
    let disable = observed.filter { !desired.contains($0) }.sorted()
    return RDS.CloudwatchLogsExportConfiguration(
      enableLogTypes: enable.isEmpty ? nil : enable, disableLogTypes: disable.isEmpty ? nil : disable)
  }

  /// Automated backups stay for their retention, unless the operator wants to keep nothing.
  static func deleteRequest(_ name: String, _ deletion: Deletion) -> RDS.DeleteDBClusterInput {
    RDS.DeleteDBClusterInput(
      dbClusterIdentifier: name, skipFinalSnapshot: deletion.finalSnapshot == nil,
      finalDBSnapshotIdentifier: deletion.finalSnapshot, deleteAutomatedBackups: deletion.finalSnapshot == nil)
  }
}

extension DBCluster.Insights {
  /// AWS refuses a retention, and a key, where nothing is recorded.
  fileprivate var keptFor: Int? { isEnabled ? retention : nil }
}

extension DBCluster.Capacity {
  var request: RDS.ServerlessV2ScalingConfiguration {
    RDS.ServerlessV2ScalingConfiguration(minCapacity: min, maxCapacity: max)
  }
}
