// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// Health checks of other types than the sample's, their references, and the records that use them.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct HealthCheckTests {
  private func settings(threshold: Double) -> AlarmSettings {
    AlarmSettings(
      namespace: "AWS/RDS", metric: "ACUUtilization", dimensions: ["DBClusterIdentifier": "sample"],
      statistic: "Average", period: 60, evaluationPeriods: 3, threshold: threshold,
      comparison: "GreaterThanThreshold")
  }

  private func putAlarm(_ stage: Stage, threshold: Int) async throws {
    try await stage.edit(
      "cloudwatch", "PutMetricAlarm",
      [
        "AlarmName": "sample-capacity", "Namespace": "AWS/RDS", "MetricName": "ACUUtilization", "Statistic": "Average",
        "Period": 60, "EvaluationPeriods": 3, "Threshold": .int(threshold),
        "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [["Name": "DBClusterIdentifier", "Value": "sample"]],
      ])
  }

  @Test("a check is told of its alarm again once the alarm's settings are others")
  func alarmIsReadAgain() async throws {
    let stage = try await Stage()
    func check(_ threshold: Double) -> [DesiredResource] {
      let tags = stage.tags(HealthCheck.name, "capacity")
      return [
        Node<HealthCheck>("capacity", .alarm("sample-capacity", settings: settings(threshold: threshold), tags: tags))
          .resource()
      ]
    }
    try await putAlarm(stage, threshold: 90)
    try await stage.converge(check(90))
    #expect(try await stage.plan(check(90)).plan.steps == [])
    // Somebody changes the alarm, and it is put right again: the check never knew.
    try await putAlarm(stage, threshold: 80)
    #expect(try await stage.plan(check(90)).plan.steps == [])
    let told = try await stage.converge(check(80))
    #expect(told.updates == [Address(HealthCheck.name, "capacity"): ["alarmSettings"]], "\(told.summary)")
    #expect(try await stage.plan(check(80)).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("a check sums up others, more or fewer of them, and goes before them")
  func calculated() async throws {
    let stage = try await Stage()
    let children = ["a", "b", "c"].map(stage.healthCheck)
    func resources(_ count: Int, healthy: Int) -> [DesiredResource] {
      let sum = Node<HealthCheck>(
        "sum",
        .calculated(
          children: children.prefix(count).map { $0.output(\.id) }, healthy: healthy,
          tags: stage.tags(HealthCheck.name, "sum")))
      return children.map { $0.resource() } + [sum.resource()]
    }
    try await stage.converge(resources(2, healthy: 1))
    #expect(try await stage.plan(resources(2, healthy: 1)).plan.steps == [])
    let more = try await stage.converge(resources(3, healthy: 2))
    #expect(more.updates == [Address(HealthCheck.name, "sum"): ["children", "healthyChildren"]], "\(more.summary)")
    #expect(try await stage.plan(resources(3, healthy: 2)).plan.steps == [])
    try await stage.destroy(resources(3, healthy: 2))
    #expect(try await stage.resources() == [])
    try await stage.expectNoViolations()
  }

  @Test("of another type it is another one, with the next number")
  func anotherType() async throws {
    let stage = try await Stage()
    try await stage.converge([stage.healthCheck().resource()])
    let child = stage.healthCheck("child")
    let sum = Node<HealthCheck>(
      "writer",
      .calculated(children: [child.output(\.id)], healthy: 1, tags: stage.tags(HealthCheck.name, "writer")))
    try await stage.converge([child.resource(), sum.resource()])
    #expect(try await stage.plan([child.resource(), sum.resource()]).plan.steps == [])
    #expect(try await stage.inventory()["route53/health-check"] == 2)
    try await stage.expectNoViolations()
  }

  @Test("deleted and made again it takes the next number, although Route 53 remembers the old one")
  func madeAgain() async throws {
    let stage = try await Stage()
    let check = [stage.healthCheck().resource()]
    for _ in 0..<3 {
      try await stage.converge(check)
      try await stage.destroy(check)
    }
    try await stage.converge(check)
    let references = try await stage.edit("route53", "ListHealthChecks", [:])["HealthChecks"]?.array?.compactMap {
      $0["CallerReference"]?.string
    }
    #expect(references?.count == 1)
    #expect(references?.first?.hasPrefix("harecon:sample:") == true)
    #expect(references?.first?.hasSuffix(":3") == true)
    try await stage.expectNoViolations()
  }

  @Test("its tags lost, its reference still says whose it is")
  func withoutTags() async throws {
    let stage = try await Stage()
    let check = [stage.healthCheck().resource()]
    try await stage.converge(check)
    let live = try await stage.live(HealthCheck.name, "writer")
    let tags = try await stage.edit(
      "route53", "ListTagsForResource", ["ResourceType": "healthcheck", "ResourceId": .string(live.id)])
    let keys = tags["ResourceTagSet"]?["Tags"]?.array?.compactMap { $0["Key"] } ?? []
    try await stage.edit(
      "route53", "ChangeTagsForResource",
      ["ResourceType": "healthcheck", "ResourceId": .string(live.id), "RemoveTagKeys": .array(keys)])
    let repair = try await stage.converge(check)
    #expect(repair.updates == [Address(HealthCheck.name, "writer"): ["tags"]], "\(repair.summary)")
    #expect(try await stage.inventory()["route53/health-check"] == 1)
    try await stage.expectNoViolations()
  }

  @Test("records move to the new check before the old one goes")
  func recordsMoveFirst() async throws {
    let stage = try await Stage()
    func resources(interval: Int) -> [DesiredResource] {
      var check = stage.healthCheck()
      var desired = check.desired
      desired.interval = interval
      check = Node("writer", desired)
      return stage.pair(check).map { $0.resource() } + [check.resource(), stage.vpc.resource(), stage.zone.resource()]
    }
    try await stage.converge(resources(interval: 30))
    let start = try await stage.now()
    try await stage.converge(resources(interval: 10))
    let writes = try await stage.calls(since: start).filter(\.isWrite).map(\.operation)
    #expect(
      writes == [
        "CreateHealthCheck", "CreateHealthCheck", "ChangeTagsForResource", "ChangeResourceRecordSets",
        "DeleteHealthCheck",
      ])
    #expect(try await stage.plan(resources(interval: 10)).plan.steps == [])
    try await stage.expectNoViolations()
  }
}

extension Stage {
  /// A name that is answered by the one while the check is healthy, and by the other otherwise.
  func pair(_ check: Node<HealthCheck>) -> [Node<RecordSet>] {
    let roles = [("primary", "PRIMARY", "sample.cluster-abc"), ("secondary", "SECONDARY", "sample.cluster-ro-abc")]
    return roles.map { identifier, failover, host in
      Node(
        "db-\(identifier)",
        .init(
          zone: zone.output(\.id), record: "db.sample.internal", type: "CNAME", ttl: 5,
          values: [.given("\(host).us-east-1.rds.amazonaws.com")], identifier: identifier, failover: failover,
          healthCheck: failover == "PRIMARY" ? check.output(\.id) : nil,
          owner: RecordOwner(stack: stack, address: Address(RecordSet.name, "db-\(identifier)"))))
    }
  }
}
