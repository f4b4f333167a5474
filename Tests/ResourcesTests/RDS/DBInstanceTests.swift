// SPDX-License-Identifier: Apache-2.0

import AWSAPIRDS
import Core
import ResourceKit
import Testing

@testable import Resources

@Suite("Taking an instance away")
struct DBInstanceDeletionTests {
  private let members = [
    DBCluster.Member(name: "payments-a", isWriter: true, awaitsRestart: false),
    DBCluster.Member(name: "payments-b", isWriter: false, awaitsRestart: false),
  ]

  @Test("a reader may go while another instance stays")
  func reader() {
    #expect(DBInstance.deletion(of: "payments-b", among: members, wholeStack: false) == .allowed)
  }

  @Test("the writer stays")
  func writer() {
    #expect(
      DBInstance.deletion(of: "payments-a", among: members, wholeStack: false)
        == .refused("\"payments-a\" is the writer: switch over to another member first"))
  }

  @Test("the last instance stays, whatever its role", arguments: [true, false])
  func last(isWriter: Bool) {
    let alone = [DBCluster.Member(name: "payments-a", isWriter: isWriter, awaitsRestart: false)]
    #expect(
      DBInstance.deletion(of: "payments-a", among: alone, wholeStack: false)
        == .refused("\"payments-a\" is the last instance of its cluster: add another member first"))
  }

  @Test("with the whole stack the readers go first, so that nothing fails over for nothing")
  func wholeStack() {
    #expect(DBInstance.deletion(of: "payments-b", among: members, wholeStack: true) == .allowed)
    #expect(
      DBInstance.deletion(of: "payments-a", among: members, wholeStack: true)
        == .later("the writer \"payments-a\" goes after its readers"))
    #expect(DBInstance.deletion(of: "payments-a", among: [members[0]], wholeStack: true) == .allowed)
  }

  @Test("what its cluster no longer counts among its members may go")
  func gone() {
    #expect(DBInstance.deletion(of: "payments-c", among: members, wholeStack: false) == .allowed)
  }
}

@Suite("An instance")
struct DBInstanceTests {
  private let observed = DBInstance.Observed(
    name: "payments-a", arn: "arn", status: "available", cluster: "payments", instanceClass: "db.serverless",
    zone: "us-east-1a", promotionTier: 0, parameterGroup: "payments-instance-pg15", autoMinorUpgrade: false,
    monitoringInterval: 10, monitoringRole: "arn:role", certificateAuthority: "rds-ca-rsa2048-g1",
    maintenanceWindow: "sun:04:00-sun:05:00", publiclyAccessible: false, endpoint: nil,
    tags: OwnerTag.tags(stack: "payments", address: Address(DBInstance.name, "a"), [:]), isWriter: true, pending: [:])
  private var desired = DBInstance.Desired(
    name: "payments-a", cluster: "payments", zone: "us-east-1a", promotionTier: 0,
    parameterGroup: "payments-instance-pg15", monitoringInterval: 30, monitoringRole: "arn:role", tags: [:])

  @Test("interval and role of the monitoring go together, at once")
  func monitoring() throws {
    let request = try #require(
      try DBInstance.modifyRequest(observed, to: desired, Changes(["monitoringInterval"])))
    #expect(request.applyImmediately == true)
    #expect(request.monitoringInterval == 30 && request.monitoringRoleArn == "arn:role")
    #expect(request.promotionTier == nil)
  }

  @Test("tags alone make no ModifyDBInstance")
  func tags() throws {
    let request = try DBInstance.modifyRequest(observed, to: desired, Changes(["tags"]))
    #expect(request == nil)
  }

  @Test("the writer's turn comes after the readers'")
  func turn() {
    var reader = observed
    reader.isWriter = false
    #expect(DBInstance.facts(observed).turn > DBInstance.facts(reader).turn)
  }

  @Test("the writer may not be taken out of the spec, a reader may")
  func stays() {
    var reader = observed
    reader.isWriter = false
    #expect(DBInstance.facts(observed).stays != nil)
    #expect(DBInstance.facts(reader).stays == nil)
  }

  @Test("a reader of Aurora's autoscaling is nobody's of ours, whatever tags it has been given")
  func autoscaled() {
    var reader = observed
    reader.name = "application-autoscaling-0a1b2c3d"
    #expect(DBInstance.facts(reader).owner == .nobody)
    #expect(DBInstance.facts(observed).owner == .stack("payments", id: "rds/instance.a"))
  }
}
