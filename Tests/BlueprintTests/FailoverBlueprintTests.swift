// SPDX-License-Identifier: Apache-2.0

import Blueprint
import Core
import Testing

@Suite("Health, failover and alerts in the graph of a stack")
struct FailoverBlueprintTests {
  private func listing(_ kind: KindName, _ name: String) throws -> String {
    try #require(try graph("payments").resources[Address(kind, name)]).listing
  }

  @Test("Route 53 asks the health function every ten seconds, below a path that no plan shows")
  func healthCheck() throws {
    let check = try listing("route53/health-check", "writer")
    #expect(check.contains("type: \"HTTPS_STR_MATCH\"") && check.contains("interval: 10"))
    #expect(check.contains("threshold: 2") && check.contains("searchString: \"HARECON-OK writer\""))
    #expect(check.contains("path: <lambda/function.health.secretPath>"), "\(check)")
  }

  @Test("the public URL has both of the statements without which AWS answers 403, and the check waits for them")
  func urlStatements() throws {
    let graph = try graph("payments")
    let check = try #require(graph.resources[Address("route53/health-check", "writer")])
    #expect(check.needs.contains(Address("lambda/permission", "health-url")))
    #expect(check.needs.contains(Address("lambda/permission", "health-invoke")))
  }

  @Test("a function's group of logs and its role come before it, and it cannot make groups itself")
  func logsFirst() throws {
    let graph = try graph("payments")
    for name in ["probe", "coordinator", "replay-worker"] {
      let function = try #require(graph.resources[Address("lambda/function", name)])
      #expect(function.needs.contains(Address("logs/group", "function-\(name)")))
      #expect(try listing("iam/role", "function-\(name)").contains(#""logs:CreateLogGroup","Effect":"Deny""#))
    }
  }

  @Test("the lag guard sets and takes away one tag, of the members and of nothing else")
  func heldTag() throws {
    let work = try graph("payments").statements("iam/role.function-lag-guard", "inlinePolicies", "work")
    let tagging = work.filter { $0["Action"]?.texts.contains { $0.contains("Tags") } ?? false }
    #expect(tagging.count == 1)
    #expect(tagging.first?["Action"]?.texts == ["rds:AddTagsToResource", "rds:RemoveTagsFromResource"])
    #expect(
      tagging.first?["Resource"]?.texts
        == ["a", "b", "c"].map { "arn:aws:rds:us-east-1:111122223333:db:payments-\($0)" })
    #expect(tagging.first?["Condition"]?["ForAllValues:StringLike"]?["aws:TagKeys"]?.string == "harecon:held-tier")
  }

  @Test("a transaction may wait for a writer as often as SQS lets it")
  func replayReceives() throws {
    let redrive = try graph("payments").value("sqs/queue.replay", "redrive")
    #expect(redrive["receives"] == .int(1000))
    #expect(redrive["target"]?.unknowns == [OutputID(Address("sqs/queue", "replay-dead"), "arn")])
  }

  @Test("the roles of functions in the network outlive their interfaces, which hold the security group")
  func rolesOutliveInterfaces() throws {
    let group = try #require(try graph("payments").resources[Address("ec2/security-group", "functions")])
    #expect(group.needs.contains(Address("iam/role", "function-probe")))
    #expect(group.needs.contains(Address("iam/role", "function-rotate-user")))
    #expect(!group.needs.contains(Address("iam/role", "function-coordinator")))
  }

  @Test("failover events are matched by the cluster's ARN, and a new snapshot is none")
  func clusterEvents() throws {
    let rule = try listing("events/rule", "cluster-events")
    for code in 69...73 { #expect(rule.contains("RDS-EVENT-00\(code)")) }
    #expect(!rule.contains("0169") && rule.contains("arn:aws:rds:us-east-1:111122223333:cluster:payments"))
    #expect(rule.contains("maximumAge: 300"))
  }

  @Test("the probe's alarm looks at its high-resolution metric, and silence is a failure")
  func writerDown() throws {
    let alarm = try listing("cloudwatch/alarm", "writer-down")
    #expect(alarm.contains("period: 10") && alarm.contains("missingData: \"breaching\""))
    #expect(alarm.contains("namespace: \"harecon/payments\""))
  }

  @Test("an alarm that silence raises has a warm-up, and is made after the database and what looks at it")
  func warmUp() throws {
    let graph = try graph("payments") { $0.replacing("alerts:\n", with: "alerts:\n  reconciledWithin: 1h\n") }
    var minutes: [String: Value] = [:]
    for alarm in graph.ofKind("cloudwatch/alarm") {
      let address = alarm.address.description
      guard try graph.text(address, "missingData") == "breaching" else {
        #expect(try graph.value(address, "warmUp") == .null, "\(address)")
        continue
      }
      minutes[alarm.address.name] = try graph.value(address, "warmUp")
      #expect(graph.isMade(alarm.address, after: Address("rds/instance", "a")), "\(address)")
    }
    #expect(minutes["writer-down"] == .int(30) && minutes["endpoint-down"] == .int(30))
    #expect(minutes["reconcile-overdue"] == .int(60) && minutes["restore-overdue"] == .int(2880))
    #expect(graph.isMade(Address("cloudwatch/alarm", "writer-down"), after: Address("scheduler/schedule", "probe")))
    #expect(graph.isMade(Address("scheduler/schedule", "probe"), after: Address("rds/instance", "a")))
    #expect(graph.isMade(Address("route53/health-check", "writer"), after: Address("rds/instance", "a")))
  }

  @Test("a reader that cannot be made keeps nobody from looking at the writer")
  func readersAreNotWaitedFor() throws {
    let graph = try graph("payments")
    for reader in ["b", "c"] {
      let reader = Address("rds/instance", reader)
      #expect(!graph.isMade(Address("cloudwatch/composite-alarm", "no-writer"), after: reader))
      #expect(!graph.isMade(Address("route53/record-set", "service-writer"), after: reader))
    }
  }

  @Test("alarms watch roles and not instances, and none of AWS's minute metrics in less than a minute")
  func alarmsByRole() throws {
    for alarm in try graph("payments").ofKind("cloudwatch/alarm") where alarm.listing.contains("AWS/RDS") {
      #expect(alarm.listing.contains("Role: \"") && !alarm.listing.contains("DBInstanceIdentifier"))
      #expect(!alarm.listing.contains("period: 10"))
    }
  }

  @Test("while a drill runs nobody is paged for what it breaks, and data at risk is told all the same")
  func suppressed() throws {
    let composite = try listing("cloudwatch/composite-alarm", "no-writer")
    #expect(composite.contains("cloudwatch/alarm.drill-running.name"))
    #expect(try listing("cloudwatch/alarm", "data-safety").contains("sns/topic.critical.arn"))
  }

  @Test("each function that is called asynchronously may keep what it failed on")
  func deadLetters() throws {
    let graph = try graph("payments")
    for async in graph.ofKind("lambda/async-invoke") {
      let role = try listing("iam/role", "function-\(async.address.name)")
      #expect(role.contains("payments-functions-dead"), "\(async.address)")
    }
  }

  @Test("without a loop that somebody promised there is no dead man's switch for it")
  func loop() throws {
    let loop = Address("cloudwatch/alarm", "reconcile-overdue")
    #expect(try graph("minimal").resources[loop] == nil)
    #expect(
      try graph("payments") { $0.replacing("alerts:\n", with: "alerts:\n  reconciledWithin: 1h\n") }.resources[loop]
        != nil)
  }
}
