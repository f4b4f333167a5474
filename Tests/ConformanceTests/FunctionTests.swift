// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What a function's table of attributes does not say.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct FunctionTests {
  @Test("new code is in place before new settings are asked for, and AWS refuses nothing")
  func codeBeforeSettings() async throws {
    let stage = try await Stage()
    let needs = [stage.functionRole().resource(), stage.functionLog("probe").resource()]
    let node = stage.lambda("probe")
    try await stage.converge(needs + [node.resource()])
    var desired = node.desired
    desired.code = .otherArchive
    desired.memory = 512
    desired.reservedConcurrency = 3
    desired.tags = stage.tags(LambdaFunction.name, "probe", team: "platform")
    let wanted = needs + [Node<LambdaFunction>("probe", desired).resource()]
    let start = try await stage.now()
    try await stage.converge(wanted)
    let updates = try await stage.calls(since: start).filter { $0.operation.hasPrefix("UpdateFunction") }
    #expect(updates.map(\.operation) == ["UpdateFunctionCode", "UpdateFunctionConfiguration"])
    #expect(updates.map(\.hadEffect) == [true, true], "each was made when the one before was done")
    #expect(try await stage.plan(wanted).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("a statement that somebody else has added to a function of ours is taken out")
  func foreignStatement() async throws {
    let stage = try await Stage(lookingAt: FunctionPermission.name)
    let needs = stage.functions("probe")
    try await stage.converge(needs)
    try await stage.edit(
      "lambda", "AddPermission",
      [
        "FunctionName": "sample-probe", "StatementId": "backdoor", "Action": "lambda:InvokeFunction", "Principal": "*",
      ])
    #expect(try await stage.plan(needs).plan.steps.count == 1)
    try await stage.converge(needs)
    #expect(try await stage.observe(FunctionPermission.name, needs).isEmpty)
    try await stage.expectNoViolations()
  }

  @Test("a function that has left the spec goes, with what belongs to it")
  func leftTheSpec() async throws {
    let stage = try await Stage()
    let needs = stage.functions("probe", "health")
    let url = Node<FunctionURL>("health", .init(function: stage.lambda("health").output(\.name))).resource()
    try await stage.converge(needs + [url])
    // Until the tagging service shows it.
    try await stage.control("clock", ["advance": 60])
    try await stage.converge(stage.functions("probe"))
    let left = try await stage.resources().filter { $0.hasPrefix("lambda/") }
    #expect(left == ["lambda/function sample-probe"])
    try await stage.expectNoViolations()
  }
}
