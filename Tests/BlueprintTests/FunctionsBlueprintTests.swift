// SPDX-License-Identifier: Apache-2.0

import Core
import Spec
import Testing

@Suite("The functions in the graph of a stack")
struct FunctionsBlueprintTests {
  // MARK: Their environments

  /// Of the secret that RDS makes for a master user, and of the path that Route 53 asks for: both are known only later.
  private static let secret =
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!cluster-00000000-1111-2222-3333-444444444444-AbCdEf"
  private static let path = "/00000000111111112222222233333333"

  /// A spec with the longest of everything that functions are told.
  private func longest(name: String) throws -> Graph {
    let rule = try Repository.text("Tests/SpecTests/Fixtures/rules/HA161/pass.yaml")
    let checks = String(try #require(rule.split(separator: "checks:\n").last))
    let more = """
      health:
        endpoint: {answer: '\(String(repeating: "\"", count: 255))'}
        checks:
      \(checks)
      backups:
        verify:
          checks:
      \(checks)
      """
    return try graph("minimal") { text in
      text.replacing("name: minimal\n", with: "name: \(name)\n")
        .replacing("database: app\n", with: "database: \(String(repeating: "d", count: 63))\n") + more
    }
  }

  @Test("have room in their environments for the longest names and checks that a spec may have")
  func environments() throws {
    let name = String(repeating: "n", count: 20)
    #expect(throws: (any Error).self) { try longest(name: name + "n") }
    let graph = try longest(name: name)
    for function in graph.ofKind("lambda/function") {
      let address = "\(function.address)"
      var variables = try #require(try graph.value(address, "environment").withNames.object)
      if variables["SECRET_ARN"] != nil { variables["SECRET_ARN"] = .string(Self.secret) }
      if variables["AUDIT_GROUP"] != nil { variables["AUDIT_GROUP"] = .string("/harecon/\(name)/audit") }
      if address.hasSuffix(".health") { variables["PRIVATE_PATH"] = .string(Self.path) }
      let bytes = JSON.object(variables).text().utf8.count
      #expect(bytes <= 4096, "\(address) has \(bytes) bytes")
    }
  }

  // MARK: Their code

  @Test("that log in to the database bring the spec's authorities with their code, the others do not")
  func authorities() throws {
    let more = """

      functions:
        databaseAuthorities: |
          -----BEGIN CERTIFICATE-----
          MIID
          -----END CERTIFICATE-----

      """
    let (before, after) = (try graph("minimal"), try graph("minimal") { $0 + more })
    let changed = try before.ofKind("lambda/function").map(\.address).filter { function in
      try before.value("\(function)", "code") != after.value("\(function)", "code")
    }
    #expect(changed.map(\.name).sorted() == ["probe", "rotate-user"])
  }

  // MARK: The audit log

  private static let audited = ["backup-verifier", "coordinator", "drainer", "lag-guard", "rotate-user"]

  @Test("that decide something write to the audit log, each to streams of its own, and make no group")
  func audit() throws {
    let graph = try graph("payments")
    let group = "arn:aws:logs:us-east-1:111122223333:log-group:/harecon/payments/audit"
    for function in graph.ofKind("lambda/function").map(\.address.name) {
      let told = try graph.value("lambda/function.\(function)", "environment")["AUDIT_GROUP"] ?? .null
      let statements = try graph.statements("iam/role.function-\(function)", "inlinePolicies", "work")
      let writing = statements.filter { $0["Resource"]?.texts.contains { $0.hasPrefix(group) } == true }
      guard Self.audited.contains(function) else {
        #expect(told == .null && writing.isEmpty, "\(function)")
        continue
      }
      #expect(told.unknowns == [OutputID(Address("logs/group", "audit"), "name")])
      #expect(writing.count == 1 && writing[0]["Effect"]?.string == "Allow", "\(function)")
      #expect(writing.first?["Action"]?.texts == ["logs:CreateLogStream", "logs:PutLogEvents"])
      #expect(writing.first?["Resource"]?.texts == ["\(group):log-stream:\(function)/*"])
    }
  }

  @Test("that cannot write to the audit log are told of")
  func auditFails() throws {
    let alarm = try graph("payments").resource("cloudwatch/alarm.audit-fails").listing
    #expect(alarm.contains("metric: \"AuditFailures\"") && alarm.contains("missingData: \"notBreaching\""))
    #expect(alarm.contains("sns/topic.warning.arn"))
  }
}
