// SPDX-License-Identifier: Apache-2.0

import Core
import Resources
import Testing

@Suite("The record in the graph of a stack")
struct AuditBlueprintTests {
  @Test("is kept as long as the spec says, under the stack's key")
  func groups() throws {
    let graph = try graph("payments")
    for log in ["audit", "events", "drills", "flow"] {
      #expect(try graph.value("logs/group.\(log)", "retention") == .int(400))
      #expect(try graph.value("logs/group.\(log)", "key").unknowns == [OutputID(Address("kms/key", "main"), "arn")])
    }
  }

  @Test("of the network goes to its own group, by a role of this account's flow logs")
  func flow() throws {
    let graph = try graph("payments")
    #expect(try graph.text("ec2/flow-log.main", "traffic") == "ALL")
    let group = OutputID(Address("logs/group", "flow"), "arn")
    #expect(try graph.value("ec2/flow-log.main", "logGroup").unknowns == [group])
    let trust = try #require(try graph.statements("iam/role.flow-logs", "trust").first)
    #expect(
      trust["Condition"]?["ArnLike"]?["aws:SourceArn"]?.string
        == "arn:aws:ec2:us-east-1:111122223333:vpc-flow-log/*")
    let work = try graph.statements("iam/role.flow-logs", "inlinePolicies", "work")
    let actions = work.flatMap { $0["Action"]?.texts ?? [] }
    #expect(!actions.isEmpty && !actions.contains("logs:CreateLogGroup"))
  }

  @Test("counts rejected connections by a pattern with one word for each field of a line")
  func rejected() throws {
    let pattern = try graph("payments").text("logs/metric-filter.rejected-connections", "pattern")
    let words = pattern.dropFirst().dropLast().split(separator: ", ")
    let fields = FlowLog.format.split(separator: " ")
    #expect(words.count == fields.count)
    let action = try #require(fields.firstIndex(of: "${action}"))
    let port = try #require(fields.firstIndex(of: "${dstport}"))
    #expect(words[action] == #"action="REJECT""#)
    #expect(words[port] == #"destinationPort="5432""#)
  }

  @Test("counts refused logins only where PostgreSQL's log is exported")
  func logins() throws {
    #expect(try graph("payments").resources[Address("logs/metric-filter", "login-failures")] != nil)
    let silent = try graph("payments") {
      $0.replacing("  dataAPI: true", with: "  dataAPI: true\n  logExports: [instance]")
    }
    #expect(silent.resources[Address("logs/metric-filter", "login-failures")] == nil)
  }

  @Test("lets EventBridge write before the first event is sent, for one rule and into one group")
  func permitted() throws {
    let graph = try graph("payments")
    #expect(try graph.resource("events/rule.trail").needs.contains(Address("logs/resource-policy", "events")))
    let statements = try graph.statements("logs/resource-policy.events", "document")
    let group = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/events/harecon/payments:*"
    for statement in statements {
      #expect(statement["Principal"]?["Service"]?.texts == ["events.amazonaws.com", "delivery.logs.amazonaws.com"])
      #expect(statement["Resource"]?.string?.hasPrefix(group) == true)
    }
    let writing = try #require(statements.first { $0["Action"]?.texts == ["logs:PutLogEvents"] })
    #expect(
      writing["Condition"]?["ArnLike"]?["aws:SourceArn"]?.string
        == "arn:aws:events:us-east-1:111122223333:rule/payments-trail")
  }

  @Test("keeps what could not be written in the queue of undelivered events")
  func undelivered() throws {
    let graph = try graph("payments")
    let target = try #require(try graph.value("events/rule.trail", "targets")["log"])
    #expect(target["deadLetter"]?.unknowns == [OutputID(Address("sqs/queue", "events-dead"), "arn")])
    let statements = try graph.statements("sqs/queue.events-dead", "policy")
    let sources = statements.compactMap { $0["Condition"]?["ArnLike"]?["aws:SourceArn"]?.texts }.joined()
    for rule in graph.ofKind("events/rule").compactMap(\.key) {
      #expect(sources.contains("arn:aws:events:us-east-1:111122223333:rule/\(rule)"), "\(rule)")
    }
  }

  @Test("has the events of the database, the alarms, the drills and the backups of this stack")
  func trail() throws {
    let alternatives = try #require(try graph("payments").value("events/rule.trail", "pattern").withNames["$or"]?.array)
    #expect(
      alternatives.map { $0["source"]?.texts } == [
        ["aws.rds"], ["aws.cloudwatch"], ["aws.backup"], ["aws.backup"], ["aws.fis"],
      ])
    let database = ["cluster:payments", "db:payments-a", "db:payments-b", "db:payments-c"]
      .map { "arn:aws:rds:us-east-1:111122223333:\($0)" }
    #expect(alternatives[0]["resources"]?.texts == database)
    #expect(
      alternatives[4]["detail"]?["experiment-template-id"]?.texts == ["<fis/experiment-template.weekly-failover.id>"])
  }
}
