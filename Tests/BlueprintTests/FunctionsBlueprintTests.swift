// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("The functions in the graph of a stack")
struct FunctionsBlueprintTests {
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
