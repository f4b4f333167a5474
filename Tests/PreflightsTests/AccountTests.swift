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

  @Test(
    "of what a young account may run nothing can be reserved, and what it is to ask for is enough",
    arguments: [10, 50, 100])
  func youngAccount(all: Int) throws {
    let question = try #require(ReservedConcurrency(try Reference.graph()))
    let plan = Reference.plan([
      try change("lambda/function.health", .create, "reservedConcurrency", .null, .int(1))
    ])
    let found = try #require(question.judge(.init(all: all, unreserved: all), Prospect(plan: plan)).first)
    #expect(found.severity == .error)
    #expect(found.message.contains("run \(all) at once, of which AWS lets nothing be reserved"), "\(found.message)")
    #expect(found.hint?.contains("--desired-value 101") == true)
    #expect(question.judge(.init(all: 101, unreserved: 101), Prospect(plan: plan)) == [])
  }

  @Test("of a thousand, nine hundred can be reserved, others' among them", arguments: [(101, true), (100, false)])
  func grownAccount(unreserved: Int, isEnough: Bool) throws {
    let question = try #require(ReservedConcurrency(try Reference.graph()))
    let plan = Reference.plan([
      try change("lambda/function.health", .create, "reservedConcurrency", .null, .int(1))
    ])
    let found = question.judge(.init(all: 1000, unreserved: unreserved), Prospect(plan: plan))
    #expect(found.isEmpty == isEnough)
    #expect(isEnough || found.first?.hint?.contains("--desired-value 1001") == true)
  }

  @Test("a quota that Service Quotas knows no value of for the account is AWS's default")
  func defaultQuota() async throws {
    let service = DefaultQuotas()
    let aws = AWS(region: "us-east-1", partition: "aws", caller: service)
    let question = try #require(NetworkQuota(try Reference.graph()))
    #expect(try await question.ask(aws) == 5)
    #expect(service.called.withLock { $0 } == ["GetServiceQuota", "GetAWSDefaultServiceQuota"])
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
    let (making, leaving) = (Reference.making(graph), Reference.leaving(graph))
    for preflight in AccountQuestions.preflights(for: graph, aws) {
      let judgement = await preflight.ask()
      if preflight.matters(making) { found += judgement(Prospect(plan: making)) }
      if preflight.matters(leaving) { left += judgement(Prospect(plan: leaving)) }
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

/// Service Quotas, of a quota for which nobody has ever asked for more.
private final class DefaultQuotas: OperationCaller {
  let called = Guarded<[String]>([])

  func call(_ operation: OperationModel, _ input: Fields) async throws(CallError) -> Fields {
    called.withLock { $0.append(operation.name) }
    guard operation.name == "GetAWSDefaultServiceQuota" else {
      throw CallError(.notFound, code: "NoSuchResourceException", message: "no", operation: operation.fullName)
    }
    var quota = Fields(count: 15)
    quota.set(5, 5.0)
    var answer = Fields(count: 1)
    answer[0] = .structure(quota)
    return answer
  }
}
