// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

@Suite("What AWS Backup restores for a test", .timeLimit(.minutes(20)), .atMostEight)
struct RestoreTestTests {
  private static let mark = "awsbackup-restore-test"

  /// A cluster with the tags of the stack's own and the mark of a test, and an instance that a check has attached to it.
  private func restore(in stage: Stage) async throws {
    let own = try await stage.edit("rds", "DescribeDBClusters", ["DBClusterIdentifier": .string(stage.stack)])
    let source = try #require(own["DBClusters"]?.array?.first)
    let tags = (source["TagList"]?.array ?? []) + [["Key": .string(Self.mark), "Value": "job"]]
    try await stage.edit(
      "rds", "CreateDBCluster",
      [
        // A name that harecon would take for one of its own, were it not for the mark.
        "DBClusterIdentifier": .string("\(stage.stack)-copy"), "Engine": "aurora-postgresql",
        "EngineVersion": "15.10", "MasterUsername": "postgres", "MasterUserPassword": "as-it-was-in-the-copy",
        "DBSubnetGroupName": source["DBSubnetGroup"] ?? .null, "Tags": .array(tags),
        "ServerlessV2ScalingConfiguration": ["MinCapacity": 1, "MaxCapacity": 2],
      ])
    try await stage.control("clock", ["advance": 600])
    try await stage.edit(
      "rds", "CreateDBInstance",
      [
        "DBInstanceIdentifier": .string("\(stage.stack)-copy-a"), "DBInstanceClass": "db.serverless",
        "Engine": "aurora-postgresql", "DBClusterIdentifier": .string("\(stage.stack)-copy"), "Tags": .array(tags),
      ])
    try await stage.control("clock", ["advance": 600])
  }

  @Test("is neither seen, nor reported, nor deleted with the stack")
  func leftAlone() async throws {
    let stage = try await Stage()
    let sample = DBCluster.sample(in: stage)
    try await stage.converge(sample.resources())
    try await restore(in: stage)
    let decision = try await stage.plan(sample.resources())
    #expect(decision.plan.steps == [], "\(decision.plan.summary)")
    #expect(decision.plan.notes.allSatisfy { !$0.message.contains("copy") })
    #expect(try await stage.observe(DBCluster.name, sample.resources()).map(\.id) == [stage.stack])
    #expect(try await stage.observe(DBInstance.name, sample.resources()).isEmpty)
    let steps = try await stage.planDestroy(sample.resources()).plan.steps
    #expect(steps.allSatisfy { $0.target?.contains("copy") != true })
    let writes = try await stage.calls().filter { $0.isWrite && $0.params.contains("\(stage.stack)-copy") }
    #expect(writes.isEmpty)
  }
}
