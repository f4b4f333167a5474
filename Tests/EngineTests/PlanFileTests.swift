// SPDX-License-Identifier: Apache-2.0

import Core
import Glibc
import Testing

@testable import Engine

@Suite("Plan files")
struct PlanFileTests {
  @Test("what is written is read back")
  func roundTrip() async throws {
    for plan in try await plans().map(saved) {
      #expect(try PlanFile.decode(PlanFile.encode(plan)) == plan)
    }
  }

  @Test("law 6: no secret is in a plan, its file, its messages or its description")
  func noSecret() async throws {
    let orders = Orders()
    let create = try await orders.decide(orders.graph()).plan
    try await orders.build()
    let update = try await orders.decide(orders.graph { $0["rds/cluster.main"]?["token"] = "new-planted" }).plan
    #expect(update.stepNames == ["update rds/cluster.main"])
    for plan in [create, update] {
      #expect(!String(decoding: PlanFile.encode(saved(plan)), as: UTF8.self).contains("planted"))
      #expect(!"\(plan)".contains("planted"))
    }
  }

  @Test("a file that ends early is refused wherever it ends")
  func truncated() async throws {
    let bytes = PlanFile.encode(saved(try await plans()[1]))
    for count in stride(from: 0, to: bytes.count - 1, by: 7) {
      #expect(throws: PlanFileError.self) { try PlanFile.decode(Array(bytes[..<count])) }
    }
  }

  @Test("a file that says something else than when it was written is refused")
  func edited() async throws {
    var random = SplitMix64(seed: 1)
    let plan = saved(try await plans()[1])
    let written = PlanFile.encode(plan)
    for _ in 0..<200 {
      var bytes = written
      let place = Int.random(in: 0..<bytes.count, using: &random)
      bytes[place] = UInt8.random(in: 32..<127, using: &random)
      // White space may change; what it says may not.
      if let read = try? PlanFile.decode(bytes) { #expect(read == plan, "byte \(place) became \(bytes[place])") }
    }
  }

  @Test("a file whose digest was made to fit is still refused")
  func forged() async throws {
    let plan = try await plans()[1]
    let text = String(decoding: PlanFile.encode(saved(plan)), as: UTF8.self)
    let forged = text.replacing(plan.digest, with: String(repeating: "0", count: 64))
    #expect(throws: PlanFileError.edited) { try PlanFile.decode(Array(forged.utf8)) }
    #expect(throws: PlanFileError.edited) {
      try PlanFile.decode(Array(text.replacing("kind: PostgresStack", with: "kind: postgresStack").utf8))
    }
    #expect(throws: PlanFileError.edited) {
      try PlanFile.decode(Array(text.replacing("delete rds/instance.b", with: "delete rds/cluster.main").utf8))
    }
  }

  @Test(
    "other files are told apart",
    arguments: [
      ("", "truncated or damaged"), ("not json", "truncated or damaged"), ("{}", "is not a plan"),
      ("[1]", "is not a plan"),
      (#"{"format":"harecon.plan/v9"}"#, "has the format \"harecon.plan/v9\""),
      (#"{"format":"harecon.plan/v1"}"#, "lacks \"digest\""),
      (
        #"{"format":"harecon.plan/v1","digest":"","checksum":"","plan":{},"spec":{},"more":1}"#,
        "has \"more\", which no plan has"
      ),
    ])
  func foreign(text: String, says: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/plan"
    try DurableFile.write(Array(text.utf8), to: path)
    let stop = withExtendedLifetime(folder) { #expect(throws: Stop.self) { try PlanFile.read(path) } }
    #expect(stop?.exitCode == .invalid)
    #expect(
      stop?.diagnostics.all.first?.message.contains(says) == true, "\(stop?.diagnostics.all.first?.message ?? "")")
    #expect(stop?.diagnostics.all.first?.hint == "make a new one with `harecon plan -out FILE`")
  }

  @Test("a file that is not there is named")
  func absent() {
    let stop = #expect(throws: Stop.self) { try PlanFile.read("/nonexistent/plan") }
    #expect(
      stop?.diagnostics.all.first?.message == "cannot read the plan \"/nonexistent/plan\": No such file or directory")
  }

  @Test(
    "every value survives",
    arguments: [
      Value.null, true, 7, .double(2), .double(0.1), .double(.infinity), "", "$double", ["$double": "x"],
      ["$$": ["$a": 1], "b": []],
      ["$unknown": 1, "x": 2], out("ec2/vpc.main"), .sealed(digest: "d"), [[.null], [:]],
    ])
  func values(value: Value) throws {
    let json = try JSON(parsing: value.json.text())
    #expect(Value(planFile: json) == value)
  }

  private func saved(_ plan: Plan) -> SavedPlan {
    SavedPlan(plan: plan, specFile: "specs/orders.yaml", specText: "kind: PostgresStack\nname: \"orders\"\n")
  }

  /// A create of everything; drift with notes, a delete and a kept resource; a destroy.
  private func plans() async throws -> [Plan] {
    let orders = Orders()
    let create = try await orders.decide(orders.graph()).plan
    let graph = try await orders.build()
    orders.edit("rds/cluster.main") { $0.attributes["version"] = "15.10" }
    let drift = try await orders.decide(
      orders.graph { wishes in
        wishes["rds/instance.b"] = nil
        wishes["ec2/group.db"]?["purpose"] = "x"
        wishes["rds/cluster.main"]?["backup"] = 7
      })
    let destroy = try orders.planner.destroy(graph, await orders.observer.observe(graph), .snapshot(stamp: "s"))
    return [create, drift.plan, destroy.plan]
  }
}

/// A folder of its own, removed with all files in it.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/harecon-tests-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileError(path: "/tmp", message: "cannot make a folder") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafePointer(to: entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        unlink("\(path)/\(name)")
      }
      closedir(folder)
    }
    rmdir(path)
  }
}
