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
    let token = ExperimentTemplate.clientToken(of: drill(["b", "a"]), after: "")
    #expect(token == ExperimentTemplate.clientToken(of: drill(["a", "b"]), after: ""))
    #expect(token.count == 64)
  }

  @Test("another wish, and one after a template that is gone, have another token")
  func otherToken() {
    let token = ExperimentTemplate.clientToken(of: drill(), after: "")
    var other = drill()
    other.tags[OwnerTag.stack] = "orders"
    #expect(token != ExperimentTemplate.clientToken(of: other, after: ""))
    #expect(token != ExperimentTemplate.clientToken(of: drill(), after: "EXT1"))
  }

  @Test("a stack that is made again has another token: templates of the one before are remembered")
  func madeAgain() {
    var again = drill()
    again.roleID = "AROA2"
    #expect(
      ExperimentTemplate.clientToken(of: drill(), after: "") != ExperimentTemplate.clientToken(of: again, after: ""))
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
