// SPDX-License-Identifier: Apache-2.0

import AWSAPIRDS
import AWSClient
import Core
import ResourceKit
import Testing

@testable import Resources

@Suite("A cluster")
struct DBClusterTests {
  private let desired = DBCluster.Desired.sample
  private let observed: DBCluster.Observed

  init() throws {
    observed = try #require(DBCluster.Observed(.sample(), wanted: nil))
  }

  private func modify(_ names: Set<String>, _ change: (inout DBCluster.Desired) -> Void) throws -> RDS
    .ModifyDBClusterInput?
  {
    var other = desired
    change(&other)
    return try DBCluster.modifyRequest(observed, to: other, Changes(names))
  }

  @Test("all changes go into one call, at once and not in the window")
  func oneCall() throws {
    let request = try #require(
      try modify(["engineVersion", "capacity", "backupRetention"]) {
        $0.version = DBCluster.Version(observed: "15.12")
        $0.capacity = .init(min: 4, max: 64)
        $0.backupRetention = 30
      })
    #expect(request.applyImmediately == true)
    #expect(request.engineVersion == "15.12")
    #expect(request.serverlessV2ScalingConfiguration?.minCapacity == 4)
    #expect(request.serverlessV2ScalingConfiguration?.maxCapacity == 64)
    #expect(request.backupRetentionPeriod == 30)
    #expect(request.port == nil)
  }

  @Test(
    "what ModifyDBCluster does not take makes no such call", arguments: [["tags"], ["dataAPI"], ["tags", "dataAPI"]])
  func notModified(names: [String]) throws {
    let request = try modify(Set(names)) { $0.dataAPI = false }
    #expect(request == nil)
  }

  @Test("log exports are said as what comes and what goes")
  func logExports() throws {
    let request = try #require(try modify(["logExports"]) { $0.logExports = ["instance"] })
    #expect(request.cloudwatchLogsExportConfiguration?.enableLogTypes == ["instance"])
    #expect(request.cloudwatchLogsExportConfiguration?.disableLogTypes == ["postgresql"])
  }

  @Test("insights are sent whole, as AWS checks mode, switch and retention together")
  func insights() throws {
    let request = try #require(try modify(["insights"]) { $0.insights = .init(mode: "advanced", retention: 465) })
    #expect(request.databaseInsightsMode == "advanced")
    #expect(request.enablePerformanceInsights == true)
    #expect(request.performanceInsightsRetentionPeriod == 465)
    #expect(request.performanceInsightsKMSKeyId == nil, "the key is there already and cannot change")
  }

  @Test("insights that are off have no retention and no key")
  func insightsOff() throws {
    var other = desired
    other.insights = .init(mode: "standard", isEnabled: false, retention: 0)
    let request = try DBCluster.createRequest(other, version: "15.10")
    #expect(request.enablePerformanceInsights == false)
    #expect(request.performanceInsightsRetentionPeriod == nil && request.performanceInsightsKMSKeyId == nil)
  }

  @Test("a cluster is made with its key, its secret managed, and Serverless v2 before the first instance")
  func create() throws {
    let request = try DBCluster.createRequest(desired, version: "15.12")
    #expect(request.engineVersion == "15.12" && request.engineMode == "provisioned")
    #expect(request.storageEncrypted == true && request.kmsKeyId == "arn:key")
    #expect(request.manageMasterUserPassword == true && request.masterUserPassword == nil)
    #expect(request.serverlessV2ScalingConfiguration?.maxCapacity == 32)
  }

  @Test("the key of the master secret goes with the call that turns its management on")
  func managedPassword() throws {
    var unmanaged = observed
    unmanaged.managedPassword = false
    unmanaged.masterSecretKey = nil
    let request = try #require(
      try DBCluster.modifyRequest(unmanaged, to: desired, Changes(["managedPassword", "masterSecretKey"])))
    #expect(request.manageMasterUserPassword == true)
    #expect(request.masterUserSecretKmsKeyId == "arn:key")
  }

  @Test("an unresolved reference is no request")
  func unresolved() {
    #expect(throws: CallError.self) {
      try modify(["parameterGroup"]) {
        $0.parameterGroup = .output(OutputID(Address("rds/cluster-parameter-group", "main"), "name"))
      }
    }
  }

  @Test("without a last snapshot automated backups go too, with one they stay")
  func deleteRequest() {
    let discarding = DBCluster.deleteRequest("payments", Deletion(wholeStack: true))
    #expect(discarding.skipFinalSnapshot == true && discarding.deleteAutomatedBackups == true)
    let keeping = DBCluster.deleteRequest("payments", Deletion(finalSnapshot: "payments-final-1", wholeStack: true))
    #expect(keeping.skipFinalSnapshot == false && keeping.deleteAutomatedBackups == false)
    #expect(keeping.finalDBSnapshotIdentifier == "payments-final-1")
  }

  // MARK: Reading

  @Test("the standard storage, which AWS does not mention, is the standard storage")
  func storageType() {
    #expect(observed.storageType == "aurora")
  }

  @Test("what is wanted and queued is pending")
  func wantedAndQueued() throws {
    var cluster = RDS.DBCluster.sample()
    cluster.pendingModifiedValues = .sample { $0.backupRetentionPeriod = 14 }
    cluster.backupRetentionPeriod = 7
    let live = try #require(DBCluster.Observed(cluster, wanted: desired))
    #expect(live.backupRetention == 7)
    #expect(live.pending == ["backupRetention": "in the maintenance window sun:04:00-sun:05:00"])
  }

  @Test("what somebody else has queued counts as made, so that it is undone before it happens")
  func unwantedAndQueued() throws {
    var cluster = RDS.DBCluster.sample()
    cluster.pendingModifiedValues = .sample { $0.backupRetentionPeriod = 1 }
    let live = try #require(DBCluster.Observed(cluster, wanted: desired))
    #expect(live.backupRetention == 1)
    #expect(live.pending == [:])
  }

  @Test("members that wait for a restart are named")
  func awaitingRestart() throws {
    var cluster = RDS.DBCluster.sample()
    cluster.dbClusterMembers = [
      .sample("payments-b", status: "pending-reboot"), .sample("payments-a", status: "in-sync"),
    ]
    let live = try #require(DBCluster.Observed(cluster, wanted: desired))
    #expect(
      live.pending["static parameters"]
        == "at the next restart of payments-b: restart it when its connections may break")
  }

  @Test("a cluster is not ready while its master secret is being made")
  func secretInTheMaking() {
    var live = observed
    live.masterSecretStatus = "creating"
    #expect(DBCluster.facts(live).health == .progressing("creating the master secret"))
  }

  @Test(
    "statuses say whether waiting helps",
    arguments: [
      ("available", Health.ready), ("Available", .ready), ("upgrading", .progressing("upgrading")),
      ("a-status-of-tomorrow", .progressing("a-status-of-tomorrow")), ("storage-full", .degraded("storage-full")),
      ("incompatible-network", .degraded("incompatible-network")),
    ])
  func health(status: String, health: Health) {
    #expect(Health(rdsStatus: status) == health)
  }

  // MARK: Versions

  @Test("a later version that is queued is the change to the least one that was wanted, and only then")
  func queuedVersion() throws {
    var cluster = RDS.DBCluster.sample()
    cluster.pendingModifiedValues = .sample { $0.engineVersion = "15.12" }
    var wanted = desired
    wanted.version = DBCluster.Version(observed: "15.11")
    let exact = try #require(DBCluster.Observed(cluster, wanted: wanted))
    #expect(exact.version.text == "15.12" && exact.pending["engineVersion"] == nil)
    wanted.acceptsLater = true
    let atLeast = try #require(DBCluster.Observed(cluster, wanted: wanted))
    #expect(atLeast.version.text == "15.10" && atLeast.pending["engineVersion"] != nil)
    cluster.pendingModifiedValues = .sample { $0.engineVersion = "16.3" }
    let major = try #require(DBCluster.Observed(cluster, wanted: wanted))
    #expect(major.version.text == "16.3" && major.pending["engineVersion"] == nil)
  }

  @Test(
    "the wanted version is made, or the next one that is still offered",
    arguments: [
      ("15.8", ["15.4", "15.8", "15.10"], "15.8"), ("15.9", ["15.8", "15.12", "15.10"], "15.10"),
      ("15.9", ["16.3", "14.9"], nil),
    ] as [(String, [String], String?)])
  func offered(wanted: String, offered: [String], made: String?) throws {
    let version = try #require(DBCluster.Version(wanted))
    #expect(version.nextOffered(offered.compactMap(DBCluster.Version.init))?.text == made)
  }

  @Test("a version is two numbers", arguments: ["15", "15.", "15.x", "15.1.2", ""])
  func malformed(text: String) {
    #expect(DBCluster.Version(text) == nil)
  }
}

// MARK: Samples

extension DBCluster.Desired {
  fileprivate static var sample: DBCluster.Desired {
    DBCluster.Desired(
      name: "payments", version: DBCluster.Version(observed: "15.10"), databaseName: "payments",
      masterUsername: "postgres", capacity: .init(min: 2, max: 32), subnetGroup: "payments",
      parameterGroup: "payments-cluster-pg15", securityGroups: ["sg-1"], key: "arn:key", masterSecretKey: "arn:key",
      backupRetention: 14, logExports: ["postgresql"], insights: .init(mode: "standard", retention: 7),
      insightsKey: "arn:key", lifecycleSupport: "open-source-rds-extended-support-disabled", tags: [:])
  }
}

extension RDS.DBCluster {
  fileprivate static func sample() -> RDS.DBCluster {
    var cluster = RDS.DBCluster(fields: Fields(count: 0))
    cluster.dbClusterIdentifier = "payments"
    cluster.dbClusterArn = "arn:aws:rds:us-east-1:111122223333:cluster:payments"
    cluster.engineVersion = "15.10"
    cluster.status = "available"
    cluster.preferredMaintenanceWindow = "sun:04:00-sun:05:00"
    cluster.enabledCloudwatchLogsExports = ["postgresql"]
    cluster.performanceInsightsKMSKeyId = "arn:key"
    var secret = RDS.MasterUserSecret(fields: Fields(count: 0))
    secret.kmsKeyId = "arn:key"
    cluster.masterUserSecret = secret
    return cluster
  }
}

extension RDS.ClusterPendingModifiedValues {
  fileprivate static func sample(_ change: (inout Self) -> Void) -> Self {
    var values = Self(fields: Fields(count: 0))
    change(&values)
    return values
  }
}

extension RDS.DBClusterMember {
  fileprivate static func sample(_ name: String, status: String) -> Self {
    var member = Self(fields: Fields(count: 0))
    member.dbInstanceIdentifier = name
    member.dbClusterParameterGroupStatus = status
    return member
  }
}
