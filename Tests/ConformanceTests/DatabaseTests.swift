// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What single kinds of the database promise beyond what all kinds do.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct DatabaseTests {
  @Test("subnets and groups that RDS cannot see yet are waited for")
  func freshNetwork() async throws {
    let stage = try await Stage()
    try await stage.control("settings", ["eventual_elsewhere": 20])
    let sample = DBCluster.sample(in: stage)
    try await stage.converge(sample.resources())
    let refused = try await stage.calls().filter { !$0.hadEffect }.map(\.operation)
    #expect(Set(refused).contains("CreateDBSubnetGroup"), "\(refused)")
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
  }

  @Test("an upgrade to at least a version that is no longer offered is one to the next that is")
  func retiredVersion() async throws {
    let stage = try await Stage()
    let sample = DBCluster.sample(in: stage)
    try await stage.converge(sample.resources())
    // 15.11 was never one of Aurora's.
    var desired = stage.cluster.desired
    desired.version = try #require(DBCluster.Version("15.11"))
    desired.acceptsLater = true
    let wanted = Node<DBCluster>("main", desired).resource()
    let plan = try await stage.converge(sample.resources(wanted))
    #expect(plan.updates == [sample.desired.address: ["engineVersion"]])
    let asked = try await stage.calls().filter { $0.operation == "ModifyDBCluster" }.map(\.params)
    #expect(asked.contains { $0.contains("15.12") } && !asked.contains { $0.contains("15.11") }, "\(asked)")
    #expect(try await stage.plan(sample.resources(wanted)).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("a key that snapshots of AWS Backup are encrypted with is kept")
  func backupsKeepTheirKey() async throws {
    let stage = try await Stage()
    let sample = DBCluster.sample(in: stage)
    try await stage.converge(sample.resources())
    try await stage.edit(
      "rds", "CreateDBClusterSnapshot",
      ["DBClusterIdentifier": .string(stage.stack), "DBClusterSnapshotIdentifier": "awsbackup:job-1"])
    let key = try await stage.live(KMSKey.name)
    try await stage.destroy(sample.resources())
    let state = try await stage.edit("kms", "DescribeKey", ["KeyId": .string(key.id)])
    #expect(state["KeyMetadata"]?["KeyState"]?.string == "Enabled")
    try await stage.expectNoViolations()
  }

  @Test("a reader that the lag guard holds at the last tier is told and left there, and not once the tag is gone")
  func heldTier() async throws {
    let stage = try await Stage()
    let sample = DBInstance.sample(in: stage)
    try await stage.converge(sample.resources())
    let name = JSON.string(stage.instance("a").desired.name)
    let arn = JSON.string(try #require(String(try await stage.live(DBInstance.name, "a").outputs["arn"] ?? .null)))
    let tier = stage.instance("a").desired.promotionTier
    try await stage.edit(
      "rds", "ModifyDBInstance", ["DBInstanceIdentifier": name, "PromotionTier": 15, "ApplyImmediately": true])
    #expect(try await stage.plan(sample.resources()).plan.updates == [sample.desired.address: ["promotionTier"]])

    try await stage.edit(
      "rds", "AddTagsToResource",
      ["ResourceName": arn, "Tags": [["Key": "harecon:held-tier", "Value": .string("\(tier)")]]])
    let held = try await stage.plan(sample.resources()).plan
    #expect(held.steps == [])
    #expect(held.notes.contains { $0.rule == "plan.held" && $0.address == sample.desired.address }, "\(held.notes)")
    // Another change goes its way, and the tag stays.
    var busy = stage.instance("a").desired
    busy.autoMinorUpgrade.toggle()
    let wanted = Node<DBInstance>("a", busy).resource()
    let plan = try await stage.converge(sample.resources(wanted))
    #expect(plan.updates == [sample.desired.address: ["autoMinorUpgrade"]])
    #expect(try await stage.plan(sample.resources(wanted)).plan.steps == [])

    var moved = busy
    moved.promotionTier = tier + 3
    let other = Node<DBInstance>("a", moved).resource()
    #expect(try await stage.plan(sample.resources(other)).plan.updates == [sample.desired.address: ["promotionTier"]])

    try await stage.edit("rds", "RemoveTagsFromResource", ["ResourceName": arn, "TagKeys": ["harecon:held-tier"]])
    let back = try await stage.converge(sample.resources(wanted))
    #expect(back.updates == [sample.desired.address: ["promotionTier"]])
    try await stage.expectNoViolations()
  }

  @Test("of a new cluster's members the one that is to write is made first, the others before it is ready")
  func firstMember() async throws {
    let stage = try await Stage()
    let sample = DBInstance.sample(in: stage)
    // By name the others would come first.
    let first = stage.instance("c").desired.name
    let members = ["a", "b", "c"].map { name in
      var desired = stage.instance(name).desired
      desired.predecessor = name == "c" ? nil : first
      return Node<DBInstance>(name, desired)
    }
    try await stage.converge(sample.needs)
    let start = try await stage.now()
    try await stage.converge(sample.needs + members.map { $0.resource() })
    let calls = try await stage.calls(since: start)
    let made = calls.filter { $0.operation == "CreateDBInstance" && $0.hadEffect }
    #expect(made.count == 3 && made.first?.params.contains(first) == true, "\(made.map(\.params))")
    let cluster = try await stage.edit("rds", "DescribeDBClusters", ["DBClusterIdentifier": .string(stage.stack)])
    let writers = cluster["DBClusters"]?.array?.first?["DBClusterMembers"]?.array?.filter {
      $0["IsClusterWriter"] == true
    }
    #expect(writers?.map { $0["DBInstanceIdentifier"]?.string } == [first])
    try await stage.expectNoViolations()
  }

  @Test("a log group that the spec no longer names stays, is told, and goes with the whole stack")
  func logsStay() async throws {
    let stage = try await Stage()
    let sample = LogGroup.sample(in: stage)
    try await stage.converge(sample.resources())
    let rest = try await stage.plan(sample.needs).plan
    #expect(rest.steps == [])
    #expect(rest.notes.contains { $0.address == sample.desired.address }, "\(rest.notes)")
    try await stage.destroy(sample.needs)
    #expect(try await stage.observe(LogGroup.name, sample.resources()).isEmpty)
    try await stage.expectNoViolations()
  }
}
