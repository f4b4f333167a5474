// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("Backups in the graph of a stack")
struct BackupsBlueprintTests {
  private let deletions = [
    "backup:DeleteRecoveryPoint", "backup:DisassociateRecoveryPoint", "backup:UpdateRecoveryPointLifecycle",
  ]

  @Test("are deleted before their time by nobody but a session that destroys the stack")
  func vaultKeeps() throws {
    let statements = try graph("payments").statements("backup/vault.main", "policy")
    let statement = try #require(statements.first)
    #expect(statements.count == 1)
    #expect(statement["Effect"]?.string == "Deny")
    #expect(statement["Action"]?.texts == deletions)
    #expect(statement["Condition"]?["StringNotEquals"]?["aws:PrincipalTag/harecon:destroy"]?.string == "yes")
  }

  @Test("are locked as the spec says", arguments: [("none", nil), ("governance", 14), ("compliance", 14)])
  func lock(lock: String, days: Int?) throws {
    let graph = try graph("payments") {
      $0.replacing("  retention: 14d\n", with: "  retention: 14d\n  lock: \(lock)\n")
    }
    let value = try graph.value("backup/vault.main", "lock")
    #expect(value["atLeast"] == days.map(Value.int))
    #expect(value["mode"]?.text == (days == nil ? nil : lock))
    #expect(try graph.value("backup/vault.main", "lockGrace") == .int(3))
  }

  @Test("are made every day and go when their time is over")
  func daily() throws {
    let rule = try #require(try graph("payments").value("backup/plan.daily", "rules").items.first)
    #expect(rule["schedule"]?.text == "cron(0 1 * * ? *)")
    #expect(rule["deleteAfter"] == .int(14))
    #expect(rule["vault"]?.unknowns == [OutputID(Address("backup/vault", "main"), "name")])
  }

  @Test("are proven by a restore of a fresh copy every day, in the private network")
  func restoreTest() throws {
    let graph = try graph("payments")
    #expect(try graph.text("backup/restore-testing-plan.daily", "schedule") == "cron(0 3 * * ? *)")
    #expect(try graph.value("backup/restore-testing-plan.daily", "pointWindow") == .int(2))
    let selection = "backup/restore-testing-selection.cluster"
    let subnets = OutputID(Address("rds/subnet-group", "main"), "name")
    let group = OutputID(Address("ec2/security-group", "database"), "id")
    #expect(try graph.value(selection, "subnetGroup").unknowns == [subnets])
    #expect(try graph.value(selection, "securityGroups").unknowns == [group])
    #expect(try graph.value(selection, "validationWindow") == .int(4))
  }

  @Test("have a name for the restore test that AWS takes and that starts as all names of the stack")
  func restoreTestName() throws {
    let graph = try graph("payments") { $0.replacing("name: payments  ", with: "name: pay-ments") }
    #expect(try graph.resource("backup/restore-testing-plan.daily").key == "pay_ments_daily")
  }

  @Test("are restored by a role that can delete nothing but restores for tests")
  func restoringRole() throws {
    let statements = try graph("payments").statements("iam/role.restore", "inlinePolicies", "work")
    let deleting = statements.filter { $0["Action"]?.texts.contains { $0.contains(":Delete") } ?? false }
    let resources = deleting.flatMap { $0["Resource"]?.texts ?? [] }
    #expect(!resources.isEmpty)
    #expect(resources.allSatisfy { $0.contains(":awsbackup-") }, "\(resources)")
  }

  @Test("are made by a role that reaches this cluster, AWS Backup's own copies and this vault")
  func makingRole() throws {
    let statements = try graph("payments").statements("iam/role.backup", "inlinePolicies", "work")
    let reading = ["rds:Describe", "tag:GetResources"]
    let writing = statements.filter { statement in
      !(statement["Action"]?.texts.allSatisfy { action in reading.contains { action.hasPrefix($0) } } ?? true)
    }
    let resources = Set(writing.flatMap { $0["Resource"]?.texts ?? [] })
    #expect(
      resources == [
        "arn:aws:rds:us-east-1:111122223333:cluster:payments",
        "arn:aws:rds:us-east-1:111122223333:cluster-snapshot:awsbackup:*",
        "arn:aws:backup:us-east-1:111122223333:backup-vault:payments",
      ])
  }
}
