// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

@Suite("Secrets", .timeLimit(.minutes(20)), .atMostEight)
struct SecretTests {
  private func versions(_ stage: Stage) async throws -> [String] {
    let listed = try await stage.edit(
      "secretsmanager", "ListSecretVersionIds",
      ["SecretId": .string(stage.secret.desired.name), "IncludeDeprecated": true])
    return (listed["Versions"]?.array ?? []).compactMap { $0["VersionId"]?.string }
  }

  @Test("a secret that destroy let go is taken back with what it held")
  func restored() async throws {
    let stage = try await Stage()
    let sample = Secret.sample(in: stage)
    try await stage.converge(sample.resources())
    let before = try await stage.theOne(of: sample)
    let held = try await versions(stage)
    try await stage.destroy(sample.resources())
    try await stage.converge(sample.resources())
    #expect(try await stage.theOne(of: sample).id == before.id)
    #expect(try await versions(stage) == held)
    try await stage.expectNoViolations()
  }

  @Test("a name that waits for the end of somebody else's secret is not taken")
  func foreignDeleted() async throws {
    let stage = try await Stage()
    let sample = Secret.sample(in: stage)
    let name = JSON.string(stage.secret.desired.name)
    try await stage.edit("secretsmanager", "CreateSecret", ["Name": name, "SecretString": "theirs"])
    try await stage.edit("secretsmanager", "DeleteSecret", ["SecretId": name])
    let verdict = await stage.apply(try await stage.plan(sample.resources()))
    let told = verdict.diagnostics.all.map(\.message).joined(separator: "\n")
    #expect(!verdict.isSuccess && told.contains("belongs to a secret of somebody else"), "\(told)")
    #expect(try await stage.calls().filter { $0.operation == "RestoreSecret" }.isEmpty)
  }

  @Test("no call reads a value, and the value is AWS's own form of a database secret")
  func value() async throws {
    let stage = try await Stage()
    let sample = Secret.sample(in: stage)
    try await stage.converge(sample.resources())
    #expect(try await stage.calls().filter { $0.operation.contains("SecretValue") }.isEmpty)
    let got = try await stage.edit(
      "secretsmanager", "GetSecretValue", ["SecretId": .string(stage.secret.desired.name)])
    let value = try JSON(parsing: Array((got["SecretString"]?.string ?? "").utf8))
    let cluster = try await stage.live(DBCluster.name)
    #expect(value["username"] == "app" && value["dbname"] == "sample" && value["engine"] == "postgres")
    #expect(value["host"]?.string.map(Value.string) == cluster.outputs["endpoint"])
    #expect(value["masterarn"]?.string.map(Value.string) == cluster.outputs["masterSecretArn"])
    #expect(value["port"]?.int == 5432)
    #expect(value["password"]?.string?.count == 40)
    #expect(value.object?.count == 7)
  }
}
