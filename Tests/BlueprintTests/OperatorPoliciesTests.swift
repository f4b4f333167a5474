// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Resources
import Spec
import Testing

@testable import Blueprint

@Suite("The policies of who runs harecon")
struct OperatorPoliciesTests {
  private static let bound = "arn:aws:iam::111122223333:policy/harecon-payments-boundary"

  private static func stack(_ spec: String, _ change: (String) -> String = { $0 }) throws -> Stack {
    let text = change(try Repository.text("specs/\(spec).yaml"))
    return try SpecFile.stack(Array(text.utf8), file: "specs/\(spec).yaml").0
  }

  private static func statements(_ mode: OperatorPolicies.Mode, bounded: Bool = false) throws -> [StatementText] {
    let stack = try stack("payments") { bounded ? $0 + "permissionsBoundary: \(bound)\n" : $0 }
    return try OperatorPolicies(stack, mode).documents.flatMap { try StatementText.all(in: $0.policy) }
  }

  @Test("name every operation that the sources say they call; otherwise run: make generate")
  func complete() throws {
    let called = try Self.markers()
    #expect(called.count > 150)
    let policies = OperatorPolicies(try Self.stack("payments"), .apply)
    #expect(Set(policies.calls.map(\.operation)).symmetricDifference(called).sorted() == [])
  }

  @Test("allow every action of every call that they name", arguments: OperatorPolicies.Mode.allCases)
  func allowed(mode: OperatorPolicies.Mode) throws {
    let allowed = Set(try Self.statements(mode).filter(\.isAllowing).flatMap(\.actions))
    let needed = OperatorPolicies(try Self.stack("payments"), mode).calls.flatMap(\.actions)
    #expect(Set(needed).subtracting(allowed) == [])
  }

  @Test("let plan write nothing and read no secret")
  func planReads() throws {
    let secrets: Set<String> = [
      "kms:Decrypt", "kms:GenerateDataKey", "rds-data:ExecuteStatement", "s3:GetObject",
      "secretsmanager:GetRandomPassword", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "sts:AssumeRole",
    ]
    let actions = try Self.statements(.plan).flatMap(\.actions)
    #expect(actions.count > 50)
    #expect(Set(actions).isDisjoint(with: secrets))
    let verbs = ["Describe", "Get", "List"]
    #expect(actions.filter { action in !verbs.contains { action.contains(":\($0)") } } == [])
    #expect(!actions.contains { $0.contains("*") })
  }

  @Test("let a drill start and stop experiments, and write nothing else")
  func drillWrites() throws {
    let plan = Set(try Self.statements(.plan).flatMap(\.actions))
    let drill = Set(try Self.statements(.drill).flatMap(\.actions))
    #expect(
      drill.subtracting(plan) == [
        "fis:GetExperiment", "fis:ListExperiments", "fis:StartExperiment", "fis:StopExperiment",
        "iam:CreateServiceLinkedRole",
      ])
  }

  @Test(
    "fit into what IAM takes, for the longest name as for others",
    arguments: OperatorPolicies.Mode.allCases, ["payments", "a-very-long-named-db"])
  func sizes(mode: OperatorPolicies.Mode, name: String) throws {
    let stack = try Self.stack("payments") { $0.replacing("name: payments ", with: "name: \(name) ") }
    let policies = OperatorPolicies(stack, mode)
    #expect(policies.documents.count <= 10)
    for document in policies.documents + [policies.boundary] {
      #expect(document.characters <= OperatorPolicies.characterLimit, "\(document.name): \(document.characters)")
    }
    let names = policies.documents.map(\.name)
    #expect(Set(names).count == names.count && names.allSatisfy { $0.hasPrefix("harecon-\(name)-\(mode.rawValue)") })
  }

  @Test("write to anything only where AWS takes nothing else")
  func wildcards() throws {
    let everywhere = try Self.statements(.apply).filter { $0.isAllowing && $0.resources == ["*"] }.map(\.sid)
    #expect(
      Set(everywhere.filter { !$0.hasPrefix("Read") }) == [
        "CompositeAlarms", "LogPolicies", "MakeKey", "MakeZones", "Measure", "MountVault", "Passwords", "Subscriptions",
        "WakeByQueues",
      ])
  }

  @Test("have names that IAM takes, each once")
  func names() throws {
    let names = try Self.statements(.apply).map(\.sid)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { name in name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } })
  }

  @Test("reach what a stack is called, and not what another is called")
  func reach() throws {
    let names = Names(try Self.stack("payments"))
    let scopes = Dictionary(uniqueKeysWithValues: try Self.statements(.apply).map { ($0.sid, $0.resources) })
    func expect(_ sid: String, _ part: String, account: String = "us-east-1:111122223333") {
      let arn = "arn:aws:\(part.replacing("@", with: account))"
      let resources = scopes[sid] ?? []
      #expect(resources.contains { StatementText.matches($0, arn) }, "\(arn) is not in \(sid)")
      let other = arn.replacing("payments", with: "orders")
      #expect(!resources.contains { StatementText.matches($0, other) }, "\(other) is in \(sid)")
    }
    for function in StackFunction.allCases {
      expect("Functions", "lambda:@:function:\(names.function(function))")
      expect("LogGroups", "logs:@:log-group:\(names.logGroup(of: function)):*")
      expect("PassRoles", "iam:@:role\(names.rolePath)\(names.role(of: function))", account: ":111122223333")
    }
    for queue in StackQueue.allCases { expect("Queues", "sqs:@:\(names.queue(queue))") }
    for table in StackTable.allCases { expect("Tables", "dynamodb:@:table/\(names.table(table))") }
    for log in StackLog.allCases { expect("LogGroups", "logs:@:log-group:\(names.logGroup(log))") }
    for topic in [names.criticalTopic, names.warningTopic] { expect("Topics", "sns:@:\(topic)") }
    for part in [
      "cluster:\(names.cluster)", "db:\(names.instance("a"))", "subgrp:\(names.subnetGroup)",
      "cluster-pg:\(names.clusterParameterGroup)", "pg:\(names.instanceParameterGroup)",
      "cluster-snapshot:\(names.finalSnapshot(at: "20261122T164500Z"))",
    ] {
      expect("Database", "rds:@:\(part)")
    }
    expect("Schedules", "scheduler:@:schedule/\(names.scheduleGroup)/\(names.schedule("probe"))")
    expect("Backups", "backup:@:restore-testing-plan:\(names.restoreTestingPlan)-1f0c")
    expect("Alarms", "cloudwatch:@:alarm:\(names.dataSafetyAlarm)")
    expect("Alarms", "cloudwatch:@:dashboard/\(names.dashboard)", account: ":111122223333")
    expect("Secrets", "secretsmanager:@:secret:payments/users/app-AbCdEf")
    expect("NameKey", "kms:@:\(names.keyAlias)")
  }

  @Test("deny the end of the data to whoever has not asked for it")
  func guarded() throws {
    let statements = try Self.statements(.apply)
    let keep = try #require(statements.first { $0.sid == "KeepData" })
    #expect(!keep.isAllowing && keep.resources == ["*"])
    #expect(keep.actions.isSuperset(of: ["rds:DeleteDBCluster", "kms:ScheduleKeyDeletion", "dynamodb:DeleteTable"]))
    #expect(keep.condition?["StringNotEquals"]?["aws:PrincipalTag/harecon:destroy"]?.string == "yes")
    let secrets = try #require(statements.first { $0.sid == "KeepSecrets" })
    #expect(!secrets.isAllowing && secrets.actions == ["secretsmanager:DeleteSecret"])
  }

  @Test("hand roles only to the services that they are made for")
  func passing() throws {
    let passing = try Self.statements(.apply).filter { $0.actions.contains("iam:PassRole") }
    #expect(passing.map(\.sid) == ["PassRoles"])
    let services = try #require(passing.first?.condition?["StringEquals"]?["iam:PassedToService"]?.array)
    #expect(services.contains("lambda.amazonaws.com") && services.contains("monitoring.rds.amazonaws.com"))
  }

  @Test("let roles be written only within the boundary that the spec names, and the boundary not be taken off")
  func bounded() throws {
    let free = try Self.statements(.apply).flatMap(\.actions)
    #expect(free.contains("iam:DeleteRolePermissionsBoundary"))
    let statements = try Self.statements(.apply, bounded: true)
    #expect(!statements.flatMap(\.actions).contains("iam:DeleteRolePermissionsBoundary"))
    for action in ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"] {
      let allowing = statements.filter { $0.isAllowing && $0.actions.contains(action) }
      #expect(allowing.count == 1)
      let bound = allowing.first?.condition?["StringEquals"]?["iam:PermissionsBoundary"]?.string
      #expect(bound == Self.bound, "\(action)")
    }
  }

  @Test("bound every role of the stack when the spec says so")
  func boundRoles() throws {
    let stack = try Self.stack("payments") { $0 + "permissionsBoundary: \(Self.bound)\n" }
    let roles = StackBlueprint(stack).graph.ofKind("iam/role")
    let index = try #require(KindName("iam/role").attributes?.firstIndex(of: "permissionsBoundary"))
    #expect(!roles.isEmpty)
    #expect(roles.filter { $0.values[index] != .string(Self.bound) }.map(\.address) == [])
  }

  @Test("bound the stack's roles outside of IAM and short of the end of the data")
  func boundary() throws {
    let stack = try Self.stack("payments")
    let statements = try StatementText.all(in: OperatorPolicies(stack, .apply).boundary.policy)
    let allowed = statements.filter(\.isAllowing).flatMap(\.actions)
    let powers = allowed.filter { $0.hasPrefix("*") || $0.hasPrefix("iam:") || $0.hasPrefix("sts:") }
    #expect(powers == ["iam:CreateServiceLinkedRole"])
    let keep = try #require(statements.first { !$0.isAllowing })
    #expect(keep.actions.contains("rds:DeleteDBCluster"))
    // What roles are given by their own policies has to be within it.
    let index = try #require(KindName("iam/role").attributes?.firstIndex(of: "inlinePolicies"))
    for role in StackBlueprint(stack).graph.ofKind("iam/role") {
      for text in ([String: String](role.values[index]) ?? [:]).values {
        for given in try StatementText.all(in: try JSON(parsing: Array(text.utf8))) where given.isAllowing {
          let outside = given.actions.filter { action in !allowed.contains { StatementText.matches($0, action) } }
          #expect(outside == [], "\(role.address)")
        }
      }
    }
  }

  /// `rds DescribeDBClusters`, ... as the sources' lines `// aws:` have them.
  @Test("write to the audit log as harecon alone, and to no other log")
  func audit() throws {
    let writing: Set<String> = ["logs:CreateLogStream", "logs:PutLogEvents"]
    let statements = try Self.statements(.apply).filter { $0.isAllowing && !$0.actions.isDisjoint(with: writing) }
    #expect(statements.map(\.actions) == [writing])
    #expect(
      statements.flatMap(\.resources) == [
        "arn:aws:logs:us-east-1:111122223333:log-group:/harecon/payments/audit:log-stream:harecon/*"
      ])
    for mode in [OperatorPolicies.Mode.plan, .drill] {
      #expect(try Self.statements(mode).allSatisfy { $0.actions.isDisjoint(with: writing) })
    }
  }

  private static func markers() throws -> Set<String> {
    var operations: Set<String> = []
    for folder in ["AWSClient", "CLI", "Preflights", "Resources", "Trail"] {
      let paths = FileManager.default.enumerator(atPath: Repository.root.appending(path: "Sources/\(folder)").path)
      for path in paths?.compactMap({ $0 as? String }) ?? [] where path.hasSuffix(".swift") {
        for line in try Repository.text("Sources/\(folder)/\(path)").split(separator: "\n") {
          let line = line.drop { $0 == " " }
          guard line.hasPrefix("// aws: ") else { continue }
          let words = line.dropFirst("// aws: ".count).split(separator: " ")
          for operation in words.dropFirst() { operations.insert("\(words[0]) \(operation)") }
        }
      }
    }
    return operations
  }
}

/// A statement of a policy as IAM reads it.
private struct StatementText {
  let sid: String
  let isAllowing: Bool
  let actions: Set<String>
  let resources: [String]
  let condition: JSON?

  static func all(in policy: JSON) throws -> [StatementText] {
    try #require(policy["Statement"]?.array).map { json in
      StatementText(
        sid: try #require(json["Sid"]?.string), isAllowing: json["Effect"]?.string == "Allow",
        actions: Set(texts(json["Action"])), resources: texts(json["Resource"]), condition: json["Condition"])
    }
  }

  private static func texts(_ json: JSON?) -> [String] {
    json?.array?.compactMap(\.string) ?? json?.string.map { [$0] } ?? []
  }

  /// Whether `pattern`, in which `*` is any text, takes all of `text`.
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return pattern == text }
    guard text.hasPrefix(first) else { return false }
    var rest = text.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return rest.hasSuffix(last)
  }
}
