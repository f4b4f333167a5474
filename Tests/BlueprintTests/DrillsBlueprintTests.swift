// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("Drills in the graph of a stack")
struct DrillsBlueprintTests {
  private let drills = ["weekly-failover", "restart-b", "isolate-c"]

  /// With one drill of each kind.
  private func drilled() throws -> Graph {
    let others = """
      drills:
        - {name: restart-b, fault: member-restart, schedule: Tue 03:00 UTC, member: b}
        - {name: isolate-c, fault: zone-isolation, schedule: Thu 03:00 UTC, zone: us-east-1c, duration: 3m}

      """
    return try graph("payments") { $0.replacing("drills:\n", with: others) }
  }

  @Test("break what the spec names and nothing that a tag could lead to")
  func targets() throws {
    let graph = try drilled()
    let broken = try drills.map { drill in
      try #require(try graph.value("fis/experiment-template.\(drill)", "targets")["broken"])
    }
    #expect(broken.map { $0["resourceType"]?.text } == ["aws:rds:cluster", "aws:rds:db", "aws:ec2:subnet"])
    #expect(
      broken.map { $0["resources"]?.unknowns } == [
        [OutputID(Address("rds/cluster", "main"), "arn")], [OutputID(Address("rds/instance", "b"), "arn")],
        [OutputID(Address("ec2/subnet", "us-east-1c"), "arn")],
      ])
    #expect(broken.allSatisfy { $0["resourceTags"] == nil })
    let isolation = try graph.value("fis/experiment-template.isolate-c", "actions")["break"]
    #expect(isolation?["parameters"]?["duration"]?.text == "PT3M")
  }

  @Test("stop when data may be at risk, and not because there is no writer")
  func stopConditions() throws {
    let graph = try drilled()
    for drill in drills {
      #expect(
        try graph.value("fis/experiment-template.\(drill)", "stopConditions").unknowns
          == [OutputID(Address("cloudwatch/alarm", "data-safety"), "arn")])
    }
  }

  @Test("begin at their time every week or not at all, and once")
  func schedules() throws {
    let graph = try drilled()
    for (drill, expression) in zip(drills, ["cron(0 3 ? * SUN *)", "cron(0 3 ? * TUE *)", "cron(0 3 ? * THU *)"]) {
      let schedule = "scheduler/schedule.drill-\(drill)"
      #expect(try graph.text(schedule, "expression") == expression)
      #expect(try graph.text(schedule, "target") == "arn:aws:scheduler:::aws-sdk:fis:startExperiment")
      #expect(try graph.value(schedule, "retryAttempts") == .int(1))
      #expect(try graph.value(schedule, "maximumAge") == .int(300))
      #expect(
        try graph.value(schedule, "deadLetter").unknowns == [OutputID(Address("sqs/queue", "drills-dead"), "arn")])
      let input = try graph.value(schedule, "input")
      #expect(input["ClientToken"]?.text == "<aws.scheduler.execution-id>")
      #expect(
        input["ExperimentTemplateId"]?.unknowns == [OutputID(Address("fis/experiment-template", drill), "id")])
    }
  }

  @Test("may do what they do and nothing else")
  func role() throws {
    let weekly = try graph("payments").statements("iam/role.faults", "inlinePolicies", "work")
    let changing = weekly.flatMap { $0["Action"]?.texts ?? [] }.filter { $0.hasPrefix("rds:") || $0.hasPrefix("ec2:") }
      .filter { !$0.contains(":Describe") }
    #expect(changing == ["rds:FailoverDBCluster"])
    let failover = try #require(weekly.first { $0["Action"]?.texts == ["rds:FailoverDBCluster"] })
    #expect(failover["Resource"]?.texts == ["arn:aws:rds:us-east-1:111122223333:cluster:payments"])

    let all = try drilled().statements("iam/role.faults", "inlinePolicies", "work")
    let restart = try #require(all.first { $0["Action"]?.texts == ["rds:RebootDBInstance"] })
    #expect(restart["Resource"]?.texts == ["arn:aws:rds:us-east-1:111122223333:db:payments-b"])
    let cutOff = try #require(all.first { $0["Sid"]?.string == "CutOff" })
    #expect(cutOff["Condition"]?["StringEquals"]?["ec2:ResourceTag/harecon:stack"]?.string == "payments")
  }

  @Test("may be the first of an account, which needs a role that AWS makes then")
  func firstOfAccount() throws {
    let statements = try graph("payments").statements("iam/role.scheduler", "inlinePolicies", "work")
    let first = try #require(statements.first { $0["Action"]?.texts == ["iam:CreateServiceLinkedRole"] })
    #expect(
      first["Resource"]?.texts == [
        "arn:aws:iam::111122223333:role/aws-service-role/fis.amazonaws.com/AWSServiceRoleForFIS"
      ])
  }

  @Test("are the only experiments that the coordinator may look at")
  func known() throws {
    let work = try graph("payments").statements("iam/role.function-coordinator", "inlinePolicies", "work")
    let looking = work.filter { $0["Action"]?.texts.contains { $0.hasPrefix("fis:") } ?? false }
    #expect(looking.map { $0["Action"]?.texts } == [["fis:GetExperimentTemplate"]])
    #expect(looking.first?["Condition"]?["StringEquals"]?["aws:ResourceTag/harecon:stack"]?.string == "payments")
  }

  @Test("are taken on by experiments of this account alone")
  func trust() throws {
    let trust = try #require(try graph("payments").statements("iam/role.faults", "trust").first)
    #expect(trust["Condition"]?["StringEquals"]?["aws:SourceAccount"]?.string == "111122223333")
    #expect(
      trust["Condition"]?["ArnLike"]?["aws:SourceArn"]?.string == "arn:aws:fis:us-east-1:111122223333:experiment/*")
  }

  @Test("leave nothing behind where the spec wants none")
  func none() throws {
    let graph = try graph("payments") { $0.replacing("drills:\n  - {name: weekly-failover", with: "drills: []\n#") }
    #expect(graph.ofKind("fis/experiment-template").isEmpty)
    #expect(graph.resources[Address("iam/role", "faults")] == nil)
    #expect(graph.ofKind("scheduler/schedule").allSatisfy { !$0.address.name.hasPrefix("drill-") })
    let sources = try graph.value("events/rule.trail", "pattern").withNames["$or"]?.array ?? []
    #expect(sources.count == 4)
    #expect(sources.allSatisfy { $0["source"]?.texts != ["aws.fis"] })
  }
}
