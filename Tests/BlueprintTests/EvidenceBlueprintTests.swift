// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("Evidence in the graph of a stack")
struct EvidenceBlueprintTests {
  private let bucket = "s3/bucket.evidence"
  private let name = "payments-evidence-111122223333-us-east-1"

  @Test("is in a closed bucket of versions under the stack's key, reached by TLS only")
  func closed() throws {
    let graph = try graph("payments")
    #expect(try graph.resource(bucket).key == name)
    #expect(try graph.value(bucket, "key").unknowns == [OutputID(Address("kms/key", "main"), "arn")])
    #expect(try graph.value(bucket, "versioned") == .bool(true))
    #expect(try graph.value(bucket, "closed") == .bool(true))
    #expect(try graph.text(bucket, "ownership") == "BucketOwnerEnforced")
    let statements = try graph.statements(bucket, "policy")
    #expect(statements.map { $0["Effect"]?.string } == ["Deny"])
    #expect(statements.first?["Condition"]?["Bool"]?["aws:SecureTransport"]?.string == "false")
    #expect(statements.first?["Resource"]?.texts == ["arn:aws:s3:::\(name)", "arn:aws:s3:::\(name)/*"])
  }

  @Test("stays as long as the spec says, also what was deleted or overwritten")
  func lifecycle() throws {
    let graph = try graph("payments") {
      $0.replacing("audit: {retention: 400d}", with: "audit: {evidence: {retention: 90d}}")
    }
    let lifecycle = try graph.value(bucket, "lifecycle")
    #expect(lifecycle["expiration"] == .int(90))
    #expect(lifecycle["oldVersions"] == .int(90))
  }

  @Test("is locked as the spec says", arguments: [("governance", "GOVERNANCE"), ("compliance", "COMPLIANCE")])
  func locked(lock: String, mode: String) throws {
    #expect(try graph("payments").value(bucket, "locked") == .bool(false))
    #expect(try graph("payments").value(bucket, "retention") == .null)
    let graph = try graph("payments") {
      $0.replacing("audit: {retention: 400d}", with: "audit: {evidence: {retention: 90d, lock: \(lock)}}")
    }
    #expect(try graph.value(bucket, "locked") == .bool(true))
    let retention = try graph.value(bucket, "retention")
    #expect(retention["mode"]?.text == mode)
    #expect(retention["days"] == .int(90))
  }

  @Test("has a report of every drill, with the dashboard")
  func reports() throws {
    let graph = try graph("payments")
    let report = try graph.value("fis/experiment-template.weekly-failover", "report")
    #expect(report["bucket"]?.unknowns == [OutputID(Address("s3/bucket", "evidence"), "name")])
    #expect(report["prefix"]?.text == "drills/weekly-failover")
    #expect(report["dashboards"]?.unknowns == [OutputID(Address("cloudwatch/dashboard", "main"), "arn")])
  }

  @Test("is written by drills, below their prefix and nowhere else")
  func writers() throws {
    let statements = try graph("payments").statements("iam/role.faults", "inlinePolicies", "work")
    let writing = statements.filter { $0["Action"]?.texts.contains { $0.hasPrefix("s3:") } ?? false }
    #expect(writing.map { $0["Action"]?.texts } == [["s3:GetObject", "s3:PutObject"]])
    #expect(writing.map { $0["Resource"]?.texts } == [["arn:aws:s3:::\(name)/drills/*"]])
    let dashboard = try #require(statements.first { $0["Action"]?.texts == ["cloudwatch:GetDashboard"] })
    #expect(dashboard["Resource"]?.texts == ["arn:aws:cloudwatch::111122223333:dashboard/payments-us-east-1"])
    #expect(statements.contains { $0["Action"]?.texts == ["cloudwatch:GetMetricWidgetImage"] })
    // Objects are encrypted in the writer's name.
    let key = try graph("payments").statements("kms/key.main", "policy")
    let use = try #require(key.first { $0["Sid"]?.string == "UseThroughServices" })
    let services = use["Condition"]?["StringEquals"]?["kms:ViaService"]?.texts ?? []
    #expect(services.contains("s3.us-east-1.amazonaws.com"))
  }

  @Test("has the results of restore tests, which the backup verifier writes below their prefix and nowhere else")
  func restoreTests() throws {
    let graph = try graph("payments")
    let bucket = try graph.value("lambda/function.backup-verifier", "environment")["EVIDENCE_BUCKET"]
    #expect(bucket?.unknowns == [OutputID(Address("s3/bucket", "evidence"), "name")])
    let statements = try graph.statements("iam/role.function-backup-verifier", "inlinePolicies", "work")
    let writing = statements.filter { $0["Action"]?.texts.contains { $0.hasPrefix("s3:") } ?? false }
    #expect(writing.map { $0["Action"]?.texts } == [["s3:PutObject"]])
    #expect(writing.map { $0["Resource"]?.texts } == [["arn:aws:s3:::\(name)/restore-tests/*"]])
    let others = ["function-coordinator", "function-health", "function-probe", "function-lag-guard"]
    for other in others {
      let statements = try graph.statements("iam/role.\(other)", "inlinePolicies", "work")
      #expect(!statements.contains { $0["Action"]?.texts.contains { $0.hasPrefix("s3:") } ?? false })
    }
  }

  @Test("stays where the spec wants no more drills")
  func withoutDrills() throws {
    let graph = try graph("payments") { $0.replacing("drills:\n  - {name: weekly-failover", with: "drills: []\n#") }
    #expect(graph.resources[Address("s3/bucket", "evidence")] != nil)
  }
}
