// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What single kinds of the network promise beyond what all kinds do.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct NetworkTests {
  @Test("a record with our name that somebody else made is refused and stays")
  func foreignRecord() async throws {
    let stage = try await Stage()
    let sample = RecordSet.sample(in: stage)
    try await stage.converge(sample.needs)
    try await stage.putRecord("writer.sample.internal", pointingTo: "elsewhere.example.com")
    let start = try await stage.now()
    await #expect { _ = try await stage.plan(sample.resources()) } throws: { error in
      (error as? Stop)?.exitCode == .ownership
    }
    #expect(try await stage.calls(since: start).filter(\.isWrite).isEmpty)
  }

  @Test("records of others stay in the zone, keep it from being deleted and are named before anything is")
  func foreignRecordsInZone() async throws {
    let stage = try await Stage()
    let sample = RecordSet.sample(in: stage)
    try await stage.converge(sample.resources())
    try await stage.putRecord("reports.sample.internal", pointingTo: "elsewhere.example.com")
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
    let start = try await stage.now()
    await #expect { _ = try await stage.planDestroy(sample.resources()) } throws: { error in
      guard let stop = error as? Stop else { return false }
      return stop.exitCode == .ownership
        && stop.diagnostics.all.contains { $0.message.contains("reports.sample.internal/CNAME") }
    }
    #expect(try await stage.calls(since: start).filter(\.isWrite).isEmpty)
  }

  @Test(
    "a mark whose record somebody deleted does not keep the record from being made, nor the zone from being deleted")
  func leftoverMark() async throws {
    let stage = try await Stage()
    let sample = RecordSet.sample(in: stage)
    try await stage.converge(sample.resources())
    try await stage.changeRecord(
      "DELETE", "writer.sample.internal", pointingTo: "sample.cluster-abc.us-east-1.rds.amazonaws.com")
    let repair = try await stage.converge(sample.resources())
    #expect(repair.change(at: Address(RecordSet.name, "writer"))?.action == .create)
    try await stage.changeRecord(
      "DELETE", "writer.sample.internal", pointingTo: "sample.cluster-abc.us-east-1.rds.amazonaws.com")
    try await stage.destroy(sample.resources())
  }

  @Test("a zone is made again although Route 53 remembers the reference of the one that was deleted")
  func rememberedReference() async throws {
    let stage = try await Stage()
    let sample = HostedZone.sample(in: stage)
    for _ in 0..<3 {
      try await stage.converge(sample.resources())
      try await stage.destroy(sample.resources())
    }
    let references = try await stage.calls().filter { $0.operation == "CreateHostedZone" && $0.hadEffect }.map(\.params)
    #expect(references.filter { $0.contains("route53/hosted-zone.main:2") }.count >= 1)
    try await stage.expectNoViolations()
  }

  @Test("a zone whose tags were never written is known by its reference, and gets them")
  func untaggedZone() async throws {
    let stage = try await Stage()
    let sample = HostedZone.sample(in: stage)
    try await stage.converge(sample.needs)
    // The run dies between the two calls: here the second one is refused until it gives up.
    try await stage.control(
      "faults", [["service": "route53", "operation": "ChangeTagsForResource", "kind": "denied", "times": 1]])
    let verdict = await stage.apply(try await stage.plan(sample.resources()))
    #expect(!verdict.isSuccess)
    let repair = try await stage.converge(sample.resources())
    #expect(repair.updates == [sample.desired.address: ["tags"]], "\(repair.summary)")
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
  }

  @Test("a zone takes more tags than Route 53 does in one call, and loses them again")
  func manyTags() async throws {
    let stage = try await Stage()
    let many = Dictionary(uniqueKeysWithValues: (10..<38).map { ("a-rather-long-key-\($0)", "x") })
    func zone(_ tags: [String: String]) -> [DesiredResource] {
      var desired = stage.zone.desired
      desired.tags = OwnerTag.tags(stack: stage.stack, address: stage.zone.address, tags)
      return [stage.vpc.resource(), Node<HostedZone>("main", desired).resource()]
    }
    try await stage.converge(zone(many))
    #expect(try await stage.plan(zone(many)).plan.steps == [])
    let less = try await stage.converge(zone(["team": "dbre"]))
    #expect(less.updates == [stage.zone.address: ["tags"]])
    #expect(try await stage.plan(zone(["team": "dbre"])).plan.steps == [])
    let live = try #require(try await stage.observe(HostedZone.name, zone([:])).first)
    #expect(live.typed(HostedZone.self).tags.keys.sorted() == ["harecon:id", "harecon:keys", "harecon:stack", "team"])
    try await stage.expectNoViolations()
  }

  @Test("a record of ours that somebody has made an alias is deleted as it is")
  func aliasedRecord() async throws {
    let stage = try await Stage()
    let sample = RecordSet.sample(in: stage)
    try await stage.converge(sample.resources())
    let zone = try await stage.live(HostedZone.name).id
    try await stage.edit(
      "route53", "ChangeResourceRecordSets",
      [
        "HostedZoneId": .string(zone),
        "ChangeBatch": [
          "Changes": [
            [
              "Action": "UPSERT",
              "ResourceRecordSet": [
                "Name": "writer.sample.internal", "Type": "CNAME",
                "AliasTarget": [
                  "HostedZoneId": .string(zone), "DNSName": "elsewhere.sample.internal", "EvaluateTargetHealth": false,
                ],
              ],
            ]
          ]
        ],
      ])
    try await stage.destroy(sample.resources())
    try await stage.expectNoViolations()
  }

  @Test("what keeps a group from being deleted is named")
  func holdersAreNamed() async throws {
    let stage = try await Stage()
    let group = stage.group("database")
    let resources = [stage.vpc.resource(), group.resource()]
    try await stage.converge(resources)
    let live = try await stage.live(SecurityGroup.name, "database")
    let vpc = try await stage.live(VPC.name)
    let other = try await stage.edit(
      "ec2", "CreateSecurityGroup",
      ["GroupName": "somebody-elses", "Description": "foreign", "VpcId": .string(vpc.id)])
    try await stage.edit(
      "ec2", "AuthorizeSecurityGroupIngress",
      [
        "GroupId": other["GroupId"] ?? .null,
        "IpPermissions": [
          ["IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [["GroupId": .string(live.id)]]]
        ],
      ])
    let kind = try stage.kind(SecurityGroup.name)
    let id = other["GroupId"]?.string ?? "?"
    await #expect {
      _ = try await kind.delete(live, Deletion(wholeStack: true))
    } throws: { error in
      guard let error = error as? CallError else { return false }
      return error.category == .conflict && error.message.contains("a rule of \(id)")
    }
  }

  @Test("another endpoint that answers for the service's name is named")
  func conflictingEndpoint() async throws {
    let stage = try await Stage()
    let sample = InterfaceEndpoint.sample(in: stage)
    try await stage.converge(sample.needs)
    let vpc = try await stage.live(VPC.name)
    let foreign = try await stage.edit(
      "ec2", "CreateVpcEndpoint",
      [
        "VpcEndpointType": "Interface", "VpcId": .string(vpc.id), "ServiceName": "com.amazonaws.us-east-1.sts",
        "PrivateDnsEnabled": true,
      ])
    let id = foreign["VpcEndpoint"]?["VpcEndpointId"]?.string ?? "?"
    let verdict = await stage.apply(try await stage.plan(sample.resources()))
    #expect(verdict.diagnostics.all.contains { $0.message.contains("\"\(id)\" already answers for") })
  }

  @Test("routes that others made stay")
  func foreignRoutes() async throws {
    let stage = try await Stage()
    let sample = RouteTable.sample(in: stage)
    try await stage.converge(sample.resources())
    let table = try await stage.theOne(of: sample)
    try await stage.edit(
      "ec2", "CreateRoute",
      [
        "RouteTableId": .string(table.id), "DestinationCidrBlock": "10.40.0.0/16",
        "TransitGatewayId": "tgw-0123456789abcdef0",
      ])
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
  }
}

extension Stage {
  /// What somebody else does in the stack's zone.
  func putRecord(_ name: String, pointingTo target: String) async throws {
    try await changeRecord("CREATE", name, pointingTo: target)
  }

  /// - Parameter routing: how the record is chosen among those of its name.
  func changeRecord(
    _ action: String, _ name: String, pointingTo target: String, ttl: Int = 5, _ routing: JSONObject = [:]
  ) async throws {
    let zone = try await live(HostedZone.name).id
    var record: JSONObject = [
      "Name": .string(name), "Type": "CNAME", "TTL": .int(ttl), "ResourceRecords": [["Value": .string(target)]],
    ]
    for member in routing.members { record[member.key] = member.value }
    try await edit(
      "route53", "ChangeResourceRecordSets",
      [
        "HostedZoneId": .string(zone),
        "ChangeBatch": ["Changes": [["Action": .string(action), "ResourceRecordSet": .object(record)]]],
      ])
  }
}
