// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Core
import Testing

@testable import Preflights

@Suite("What the account has")
struct AccountTests {
  // MARK: Endpoint services

  @Test("endpoints of every service in every zone are nothing to speak of")
  func endpoints() throws {
    #expect(try endpoints { _ in } == [])
  }

  @Test("a service without endpoints stands against its endpoint")
  func noService() throws {
    let found = try endpoints { $0["com.amazonaws.us-east-1.kms"] = nil }
    #expect(found.map(\.address?.description) == ["ec2/interface-endpoint.kms"])
    #expect(found.first?.severity == .error && found.first?.rule == "preflight.endpoint-service")
    #expect(found.first?.hint?.contains("\"kms\" out of network.endpoints") == true)
  }

  @Test("a service that is not in a zone names it, and one that does not say where it is is taken")
  func noZone() throws {
    let found = try endpoints { $0["com.amazonaws.us-east-1.sts"] = ["us-east-1a", "us-east-1d"] }
    #expect(found.first?.message.hasSuffix("in \"us-east-1b\", \"us-east-1c\"") == true)
    #expect(try endpoints { $0["com.amazonaws.us-east-1.sts"] = [] } == [])
  }

  @Test("an endpoint that gets no new subnet needs nothing")
  func unmoved() throws {
    let question = try #require(EndpointServices(try Reference.graph()))
    let groups = Reference.plan([try change("ec2/interface-endpoint.kms", .update, "securityGroups")])
    let subnets = Reference.plan([try change("ec2/interface-endpoint.kms", .update, "subnets")])
    #expect(!question.matters(to: groups) && question.matters(to: subnets))
    #expect(question.judge([:], Prospect(plan: groups)) == [])
    #expect(question.judge([:], Prospect(plan: subnets)).count == 1)
  }

  private func endpoints(_ change: (inout [String: Set<String>]) -> Void) throws -> [Diagnostic] {
    let graph = try Reference.graph()
    let services = graph.ofKind("ec2/interface-endpoint").map { "com.amazonaws.us-east-1.\($0.address.name)" }
    #expect(services.count > 5)
    var answer = Dictionary(
      uniqueKeysWithValues: services.map { ($0, Set(["us-east-1a", "us-east-1b", "us-east-1c"])) })
    change(&answer)
    return try #require(EndpointServices(graph)).judge(answer, Prospect(plan: Reference.making(graph)))
  }

  // MARK: Concurrency

  @Test("a hundred executions stay free", arguments: [(130, true), (129, false)])
  func concurrency(unreserved: Int, isEnough: Bool) throws {
    let question = try #require(ReservedConcurrency(try Reference.graph()))
    let plan = Reference.plan([
      try change("lambda/function.health", .create, "reservedConcurrency", .null, .int(20)),
      try change("lambda/function.probe", .update, "reservedConcurrency", .int(3), .int(13)),
    ])
    let found = question.judge(.init(all: 150, unreserved: unreserved), Prospect(plan: plan))
    #expect(found.isEmpty == isEnough)
    guard !isEnough else { return }
    #expect(found.first?.rule == "preflight.concurrency" && found.first?.severity == .error)
    #expect(found.first?.message.contains("reserve 30 more") == true)
    #expect(found.first?.hint?.contains("L-B99A9384 --desired-value 151") == true)
  }

  @Test("what one function gives another takes")
  func moved() throws {
    let question = try #require(ReservedConcurrency(try Reference.graph()))
    let plan = Reference.plan([
      try change("lambda/function.health", .update, "reservedConcurrency", .int(10), .int(3)),
      try change("lambda/function.probe", .update, "reservedConcurrency", .int(3), .int(10)),
    ])
    #expect(!question.matters(to: plan))
    #expect(!question.matters(to: Reference.leaving(try Reference.graph())))
  }

  // MARK: The safety lever

  @Test("a lever that is pulled is warned of, also when there is nothing to do", arguments: ["engaging", "engaged"])
  func lever(status: String) throws {
    let graph = try Reference.graph()
    let question = try #require(SafetyLever(graph))
    let prospect = Prospect(plan: Reference.leaving(graph))
    #expect(question.matters(to: prospect.plan))
    let found = question.judge(.init(status: status, reason: "audit week"), prospect)
    #expect(found.map(\.severity) == [.warning])
    #expect(found.first?.message.contains("\(status): \"audit week\"") == true)
    #expect(question.judge(.init(status: "disengaged", reason: ""), prospect) == [])
  }

  @Test("a stack without drills does not ask for the lever, and an empty one for nothing")
  func nothing() throws {
    let graph = try Reference.graph()
    let others = Graph(stack: "payments", graph.sorted.filter { $0.address.kind != "fis/experiment-template" })
    #expect(SafetyLever(others) == nil)
    let nobody = AWS(region: "us-east-1", partition: "aws", caller: Silent(.denied))
    #expect(AccountQuestions.preflights(for: Graph(stack: "empty"), nobody).isEmpty)
    #expect(AccountQuestions.preflights(for: graph, nobody).count == 8)
    #expect(AccountQuestions.preflights(for: others, nobody).count == 7)
  }

  // MARK: No answer

  @Test("who may not ask is told the action, and the plan stands", arguments: CallError.Category.allCases)
  func unanswered(category: CallError.Category) async throws {
    let graph = try Reference.graph()
    let aws = AWS(region: "us-east-1", partition: "aws", caller: Silent(category))
    var found: [Diagnostic] = []
    var left: [Diagnostic] = []
    for preflight in AccountQuestions.preflights(for: graph, aws) {
      let judgement = await preflight.ask()
      found += judgement(Prospect(plan: Reference.making(graph)))
      left += judgement(Prospect(plan: Reference.leaving(graph)))
    }
    // A request that RDS calls wrong is one for a version that it does not know; all others are not known to be answered.
    let errors = found.filter { $0.severity == .error }
    #expect(errors.isEmpty)
    #expect(found.allSatisfy { $0.severity == .note && $0.rule == "preflight.unanswered" } && found.count >= 5)
    #expect(left.count == 1, "only drills are left waiting when nothing is made")
    guard category == .denied else { return }
    #expect(found.contains { $0.message.contains("\"servicequotas:GetServiceQuota\" is not allowed") })
    #expect(found.contains { $0.message.contains("\"rds:DescribeOrderableDBInstanceOptions\" is not allowed") })
  }
}

/// An account that answers nothing.
private struct Silent: OperationCaller {
  let category: CallError.Category

  init(_ category: CallError.Category) {
    self.category = category
  }

  func call(_ operation: OperationModel, _ input: Fields) async throws(CallError) -> Fields {
    throw CallError(category, code: "Refused", message: "no", operation: operation.fullName)
  }
}
