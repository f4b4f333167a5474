// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import Foundation
import ResourceKit
import Resources
import Testing

@Suite("Rotation of a user's secret", .timeLimit(.minutes(20)), .atMostEight)
struct SecretRotationTests {
  private func rotation(in stage: Stage, schedule: String = "cron(0 3 ? * SUN *)") -> Node<SecretRotation> {
    Node(
      "app",
      .init(
        subject: .user(secret: stage.secret.desired.name), secret: stage.secret.output(\.arn),
        function: .given("arn:aws:lambda:\(Stage.region):\(stage.account):function:\(stage.stack)-rotate"),
        schedule: schedule))
  }

  private func calls(_ stage: Stage) async throws -> [Call] {
    try await stage.calls().filter { $0.operation == "RotateSecret" && $0.hadEffect }
  }

  @Test("waits for a function that may be invoked, rotates at once, and never again for a change of its schedule")
  func firstRotation() async throws {
    let stage = try await Stage()
    let needs = Secret.sample(in: stage).resources()
    try await stage.converge(needs)
    let verdict = await stage.apply(try await stage.plan(needs + [rotation(in: stage).resource()]))
    #expect(!verdict.isSuccess, "there is no function yet")
    try await stage.makeFunction("\(stage.stack)-rotate")

    try await stage.converge(needs + [rotation(in: stage).resource()])
    let first = try await calls(stage)
    #expect(first.count == 1 && first[0].params.contains("\"RotateImmediately\":true"))
    try await stage.control("clock", ["advance": 600])
    let again = try await stage.plan(needs + [rotation(in: stage).resource()]).plan
    #expect(again.steps == [], "what was rotated is no difference: \(again.summary)")

    let other = rotation(in: stage, schedule: "cron(0 4 ? * MON *)").resource()
    let change = try await stage.converge(needs + [other])
    #expect(change.updates == [other.address: ["schedule"]])
    let last = try #require(try await calls(stage).last)
    #expect(last.params.contains("\"RotateImmediately\":false"))

    let gone = try await stage.converge(needs)
    #expect(gone.changes.contains { $0.action == .delete && $0.address.kind == SecretRotation.name })
    try await stage.expectNoViolations()
  }
}

extension Stage {
  /// A function that Secrets Manager may invoke, made by somebody else.
  fileprivate func makeFunction(_ name: String) async throws {
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
      """
    let role = try await edit(
      "iam", "CreateRole", ["RoleName": .string(name), "AssumeRolePolicyDocument": .string(trust)])
    try await control("clock", ["advance": 60])
    // The smallest archive there is: nothing in it.
    let archive = Data([0x50, 0x4b, 5, 6] + [UInt8](repeating: 0, count: 18)).base64EncodedString()
    try await edit(
      "lambda", "CreateFunction",
      [
        "FunctionName": .string(name), "Runtime": "python3.11", "Handler": "index.handler",
        "Role": role["Role"]?["Arn"] ?? .null, "Code": ["ZipFile": .string(archive)],
      ])
    try await edit(
      "lambda", "AddPermission",
      [
        "FunctionName": .string(name), "StatementId": "rotation", "Action": "lambda:InvokeFunction",
        "Principal": "secretsmanager.amazonaws.com",
      ])
  }
}
