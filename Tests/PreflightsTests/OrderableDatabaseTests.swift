// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Preflights

@Suite("Whether the database can be ordered")
struct OrderableDatabaseTests {
  private typealias Answer = OrderableDatabase.Answer
  private typealias Option = OrderableDatabase.Option

  private static let zones: Set = ["us-east-1a", "us-east-1b", "us-east-1c"]

  private static func offered(_ version: String = "15.10", in zones: Set<String> = zones) -> Answer {
    Answer(
      version: version,
      options: ["aurora", "aurora-iopt1"].map {
        Option(instanceClass: "db.serverless", storageType: $0, zones: zones, dataAPI: true)
      })
  }

  private func judge(
    _ answer: Answer, _ plan: Plan? = nil, spec: ((String) -> String)? = nil
  ) throws -> [Diagnostic] {
    let graph = try spec.map { try Reference.graph($0) } ?? Reference.graph()
    let question = try #require(OrderableDatabase(graph))
    return question.judge(answer, Prospect(plan: plan ?? Reference.making(graph)))
  }

  @Test("nothing is said of what can be had")
  func offered() throws {
    #expect(try judge(Self.offered()) == [])
  }

  @Test("a retired version stands against a new cluster, with those that can be had")
  func retired() throws {
    let answer = Answer(version: "15.10", options: [], versions: ["15.8", "15.12"])
    let found = try #require(try judge(answer).first)
    #expect(found.severity == .error && found.rule == "preflight.orderable")
    #expect(found.message == "AWS does not offer version \"15.10\" of aurora-postgresql here")
    #expect(found.hint?.contains("15.8, 15.12") == true)
    #expect(found.address?.description == "rds/cluster.main" && found.span?.file == "specs/payments.yaml")
  }

  @Test("a class that does not go with a version that there is stands against it, too")
  func noClass() throws {
    let found = try judge(Answer(version: "15.10", options: [], versions: ["15.10"]))
    #expect(found.map(\.severity) == [.error])
    #expect(found.first?.message.contains("\"db.serverless\" with version \"15.10\"") == true)
  }

  @Test("a zone without the class stands against the member that was to be there, and no other")
  func zone() throws {
    let found = try judge(Self.offered(in: ["us-east-1a", "us-east-1b"]))
    #expect(found.map(\.address?.description) == ["rds/instance.c"])
    #expect(found.map(\.severity) == [.error])
    #expect(found.first?.hint?.hasSuffix("us-east-1a, us-east-1b") == true)
  }

  @Test("zones that AWS does not tell stand against nothing")
  func silentZones() throws {
    #expect(try judge(Self.offered(in: [])) == [])
  }

  @Test("a new member of a live cluster is only warned of: the cluster may have another version by now")
  func liveCluster() throws {
    let plan = Reference.plan([try change("rds/cluster.main", .noOp), try change("rds/instance.c", .create)])
    let retired = try judge(Answer(version: "15.10", options: [], versions: ["15.12"]), plan)
    #expect(retired.map(\.severity) == [.warning])
    #expect(try judge(Self.offered(in: ["us-east-1a"]), plan).map(\.severity) == [.warning])
  }

  @Test("a version that the cluster is to get has to be there")
  func upgrade() throws {
    let plan = Reference.plan([
      try change("rds/cluster.main", .update, "engineVersion", .string("15.8"), .string("15.10"))
    ])
    let found = try judge(Answer(version: "15.10", options: [], versions: ["15.12"]), plan)
    #expect(found.map(\.severity) == [.error])
    #expect(try judge(Self.offered(in: ["us-east-1a"]), plan) == [], "its members stay where they are")
  }

  @Test("the next version is told where the spec takes a later one")
  func later() throws {
    let found = try judge(Self.offered("15.12")) {
      $0.replacing("{exact: \"15.10\"}", with: "{atLeast: \"15.10\"}")
    }
    #expect(found.map(\.severity) == [.note])
    #expect(found.first?.message.contains("the cluster gets \"15.12\"") == true)
  }

  @Test("storage that is not offered stands against a new cluster")
  func storage() throws {
    let answer = Answer(
      version: "15.10",
      options: [Option(instanceClass: "db.serverless", storageType: "aurora-iopt1", zones: Self.zones, dataAPI: true)])
    let found = try judge(answer)
    #expect(found.map(\.severity) == [.error])
    #expect(found.first?.hint?.contains("aurora-iopt1") == true)
    var silent = answer
    silent.options[0].storageType = nil
    #expect(try judge(silent) == [])
  }

  @Test("a Data API that AWS says is not there is warned of, and one that it says nothing of is not")
  func dataAPI() throws {
    var answer = Self.offered()
    for index in answer.options.indices { answer.options[index].dataAPI = false }
    #expect(try judge(answer).map(\.severity) == [.warning])
    answer.options[0].dataAPI = nil
    #expect(try judge(answer) == [])
  }

  @Test("it matters to what makes or moves the database, and to nothing else")
  func matters() throws {
    let graph = try Reference.graph()
    let question = try #require(OrderableDatabase(graph))
    #expect(question.matters(to: Reference.making(graph)))
    #expect(!question.matters(to: Reference.leaving(graph)))
    let backup = try change("rds/cluster.main", .update, "backupRetention", .int(7), .int(14))
    #expect(!question.matters(to: Reference.plan([backup])))
    let size = try change("rds/instance.a", .update, "instanceClass")
    #expect(question.matters(to: Reference.plan([size])))
    #expect(OrderableDatabase(Graph(stack: "empty")) == nil)
  }
}
