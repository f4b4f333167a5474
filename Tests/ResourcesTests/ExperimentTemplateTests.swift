// SPDX-License-Identifier: Apache-2.0

import AWSAPIFIS
import AWSClient
import Core
import ResourceKit
import Testing

@testable import Resources

@Suite("Experiment templates")
struct ExperimentTemplateTests {
  private static let cluster = "arn:aws:rds:us-east-1:111122223333:cluster:payments"
  private static let group = "arn:aws:logs:us-east-1:111122223333:log-group:/harecon/payments/drills"

  private func drill(_ resources: [String] = [cluster]) -> ExperimentTemplate.Desired {
    .init(
      description: "weekly failover", role: "arn:aws:iam::111122223333:role/faults", roleID: "AROA1",
      targets: ["writer": .init(resourceType: "aws:rds:cluster", resources: resources.map { .given($0) })],
      actions: ["failover": .failover(of: "writer")], stopConditions: [], logGroup: .given(Self.group),
      tags: [OwnerTag.stack: "payments", OwnerTag.id: "fis/experiment-template.weekly"])
  }

  @Test("the same wish has the same token, in whatever order it is written")
  func sameToken() {
    let token = ExperimentTemplate.clientToken(of: drill(["b", "a"]))
    #expect(token == ExperimentTemplate.clientToken(of: drill(["a", "b"])))
    #expect(token.count == 64)
  }

  @Test("another wish has another token")
  func otherToken() {
    let token = ExperimentTemplate.clientToken(of: drill())
    var other = drill()
    other.tags[OwnerTag.stack] = "orders"
    #expect(token != ExperimentTemplate.clientToken(of: other))
  }

  @Test("a drill that was made and deleted many times before costs one more request, and no more")
  func manyGenerations() async throws {
    let service = RememberingService()
    let aws = AWS(region: "us-east-1", partition: "aws", caller: service)
    for generation in 1...40 {
      // As the engine goes on: from a template that AWS names and does not show.
      var gone: String?
      var requests = 0
      repeat {
        requests += 1
        do throws(CallError) {
          try await ExperimentTemplate.create(drill(), after: gone, aws)
          gone = nil
        } catch {
          let id = try #require(error.answeredID, "\(error)")
          gone = id
        }
      } while gone != nil
      #expect(requests == (generation == 1 ? 1 : 2))
      #expect(service.living.count == 1)
      service.deleteAll()
    }
  }

  @Test("a stack that is made again has another token: templates of the one before are remembered")
  func madeAgain() {
    var again = drill()
    again.roleID = "AROA2"
    #expect(ExperimentTemplate.clientToken(of: drill()) != ExperimentTemplate.clientToken(of: again))
  }

  @Test("without an alarm the source of the stop condition is none, and empty members are left out")
  func request() throws {
    let request = try ExperimentTemplate.createRequest(drill())
    #expect(request.stopConditions?.map(\.source) == ["none"])
    #expect(request.stopConditions?.first?.value == nil)
    #expect(request.actions?["failover"]?.parameters == nil)
    #expect(request.experimentOptions?.emptyTargetResolutionMode == "fail")
    #expect(request.logConfiguration?.cloudWatchLogsConfiguration?.logGroupArn == "\(Self.group):*")
  }

  @Test("the log group is the same with a star and without", arguments: [group, "\(group):*"])
  func star(_ arn: String) {
    var template = FIS.ExperimentTemplate(fields: .init(count: 15))
    var log = FIS.ExperimentTemplateLogConfiguration(fields: .init(count: 3))
    log.cloudWatchLogsConfiguration = .init(fields: .init(count: 1))
    log.cloudWatchLogsConfiguration?.logGroupArn = arn
    template.logConfiguration = log
    #expect(ExperimentTemplate.Observed(template).logGroup == Self.group)
  }

  @Test("a target as a value comes back, its resources in one order")
  func values() throws {
    let target = ExperimentTemplate.Target(
      resourceType: "aws:rds:db", resources: ["b", .output(OutputID(Address("rds/cluster", "main"), "arn")), "a"])
    let back = try #require(ExperimentTemplate.Target(target.value))
    #expect(back.value == target.value)
    #expect(Set(back.resources) == Set(target.resources))
  }
}

/// Makes experiment templates, and remembers for ever which token stands for which.
private final class RememberingService: OperationCaller {
  private struct State {
    var made: [String: String] = [:]
    var living: Set<String> = []
  }

  private let state = Guarded(State())

  var living: Set<String> { state.withLock { $0.living } }

  func deleteAll() {
    state.withLock { $0.living = [] }
  }

  func call(_ operation: OperationModel, _ input: Fields) async throws(CallError) -> Fields {
    switch operation.name {
    case "CreateExperimentTemplate":
      // The client gives a request without a token one that was never used.
      let token = input.get(0) ?? "own-\(state.withLock { $0.made.count })"
      let id = state.withLock { state in
        if let id = state.made[token] { return id }
        let id = "EXT\(state.made.count)"
        state.made[token] = id
        state.living.insert(id)
        return id
      }
      return Self.answer(id)
    default:
      let id = input.get(0) ?? ""
      guard living.contains(id) else {
        throw CallError(.notFound, code: "ResourceNotFoundException", message: "\(id) does not exist")
      }
      return Self.answer(id)
    }
  }

  /// Both operations have the template for their only member, and its id first.
  private static func answer(_ id: String) -> Fields {
    var template = Fields(count: 15)
    template.set(0, id)
    var answer = Fields(count: 1)
    answer[0] = .structure(template)
    return answer
  }
}
