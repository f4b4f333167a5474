// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Logging
import Testing

@testable import ReplayClient

/// The client over the real wire, signed and checked against AWS's model, with a real PostgreSQL behind it.
@Suite("The Data API", .serialized, .enabled(if: DataAPIServer.shared != nil, "PostgreSQL is not installed"))
struct DataAPITests {
  private let server: DataAPIServer
  private let folder: TemporaryFolder

  init() throws {
    server = try #require(DataAPIServer.shared)
    folder = try TemporaryFolder()
    try server.witness("drop table if exists harecon_ledger, account, journal")
    try server.witness("create table account (id uuid primary key, balance bigint not null check (balance >= 0))")
    try server.witness("create table journal (id text, amount bigint, line bigserial)")
    try server.witness("insert into account values ('\(Self.account)', 1000)")
    try server.expect([])
  }

  private static let account = "5b1e0000-0000-4000-8000-000000000001"

  private func replay(attempt: Duration = .seconds(10)) async throws -> Replay {
    var settings = ReplaySettings()
    settings.pauseBase = .milliseconds(5)
    settings.pauseCap = .milliseconds(50)
    settings.attempt = attempt
    return try await Replay(
      folder: folder.path, target: try await server.target(), settings: settings, logger: CaseTests.logger)
  }

  /// Each transfer writes a line of the journal, whose id is unique for nobody: doubles would show.
  private func transfer(_ id: String, _ amount: Int = 1) -> Transaction {
    Transaction(
      id: id, key: "account",
      statements: [
        Statement(
          "update account set balance = balance + :n where id = :account",
          ["n": .integer(amount), "account": .uuid(Self.account)]),
        Statement("insert into journal (id, amount) values (:id, :n)", ["id": .text(id), "n": .integer(amount)]),
      ])
  }

  private func journal() throws -> [String] {
    try server.witness("select id from journal order by line").compactMap { $0.first?.string }
  }

  private func balance() throws -> Int? { try server.witness("select balance from account").first?.first?.int }

  /// Whether no transaction holds anything any more.
  private func isQuiet(within time: Duration) async throws -> Bool {
    let deadline = ContinuousClock.now + time
    while try server.witness("select from pg_stat_activity where backend_xid is not null") != [] {
      guard ContinuousClock.now < deadline else { return false }
      try await Task.sleep(for: .milliseconds(20))
    }
    return true
  }

  @Test("the statements about the ledger are those of the Python client")
  func sameStatements() throws {
    let ledger = try Ledger("harecon_ledger")
    #expect(server.statements["making"] == .array(ledger.making.map { .string($0) }))
    #expect(server.statements["entering"] == .string(ledger.entering))
    #expect(server.statements["settling"] == .string(ledger.settling))
  }

  @Test(
    "whatever is lost, a transaction is applied once",
    arguments: [
      ([], 1, 1), ([("BeginTransaction", "request lost")], 1, 1), ([("BeginTransaction", "unavailable")], 1, 1),
      ([("Execute", "answer lost")], 1, 1), ([("CommitTransaction", "request lost")], 1, 2),
      ([("CommitTransaction", "answer lost")], 2, 2), ([("CommitTransaction", "unavailable")], 2, 2),
      (
        [("CommitTransaction", "unavailable"), ("Execute", "unavailable"), ("CommitTransaction", "answer lost")], 3, 3
      ),
    ] as [([(call: String, fault: String)], Int, Int)])
  func losses(_ faults: [(call: String, fault: String)], _ seen: Int, _ commits: Int) async throws {
    let replay = try await replay()
    try server.expect(faults)
    #expect(try await replay.submit(transfer("a"), within: .seconds(10)) == .applied(seen: seen))
    await replay.close()
    #expect(try journal() == ["a"])
    #expect(try balance() == 1001)
    let after = try server.seen()
    #expect(after.faults == [] && after.violations == [])
    // One for each attempt: nothing is sent twice by itself, whatever the environment says.
    #expect(after.calls.count { $0 == "CommitTransaction" } == commits)
    // A transaction whose begin got no answer stays open for a while; it holds nothing that anybody waits for. One that was
    // given up ends soon: the server may still be at it when the client has gone on.
    #expect(try await isQuiet(within: .seconds(10)))
  }

  @Test("a commit that hangs is given up at the attempt's end, and settled")
  func hang() async throws {
    let replay = try await replay(attempt: .milliseconds(700))
    try server.expect([("CommitTransaction", "hang")])
    #expect(try await replay.submit(transfer("a")) == .applied(seen: 2))
    await replay.close()
    #expect(try journal() == ["a"])
  }

  @Test("what is refused is parked by its SQLSTATE, and the next of its key goes on")
  func refusal() async throws {
    let replay = try await replay()
    async let first = replay.submit(transfer("a", -2000))
    #expect(try await first == .refused(cause: "23514"))
    #expect(try await replay.submit(transfer("b", -1000)) == .applied(seen: 1))
    #expect(await replay.parked().map { [$0.id, $0.key, $0.cause] } == [["a", "account", "23514"]])
    try server.witness("update account set balance = 5000")
    #expect(try await replay.resubmit("a") == .applied(seen: 1))
    #expect(await replay.parked() == [])
    #expect(try await replay.outcome(of: "a") == .applied(seen: 1))
    #expect(try await replay.outcome(of: "c") == nil)
    await replay.close()
    #expect(try journal() == ["b", "a"])
  }

  @Test("an id that another transaction had is refused")
  func mismatch() async throws {
    let replay = try await replay()
    #expect(try await replay.submit(transfer("a", 1)) == .applied(seen: 1))
    #expect(try await replay.submit(transfer("a", 2)) == .refused(cause: "mismatch"))
    #expect(try await replay.submit(transfer("b", 2)) == .applied(seen: 1))
    await replay.close()
    #expect(try balance() == 1003)
  }

  @Test("what is still pending goes on when the folder is opened again")
  func recovery() async throws {
    let first = try await replay(attempt: .milliseconds(300))
    try server.expect([("CommitTransaction", "hang")])
    #expect(try await first.submit(transfer("a"), within: .milliseconds(1)) == .pending)
    await first.close()
    let second = try await replay()
    #expect([.applied(seen: 1), .applied(seen: 2)].contains(try await second.submit(transfer("a"))))
    await second.close()
    #expect(try journal() == ["a"])
  }

  @Test("many at once are applied once each, those of one key in their order")
  func load() async throws {
    let replay = try await replay()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for key in 0..<6 {
        group.addTask {
          for number in 0..<10 {
            let id = "\(key)-\(number)"
            let insert = Statement("insert into journal (id, amount) values (:id, 0)", ["id": .text(id)])
            let outcome = try await replay.submit(Transaction(id: id, key: "\(key)", statements: [insert]))
            #expect(outcome == .applied(seen: 1))
          }
        }
      }
      try await group.waitForAll()
    }
    await replay.close()
    let ids = try journal()
    #expect(Set(ids).count == 60 && ids.count == 60)
    for key in 0..<6 {
      #expect(ids.filter { $0.hasPrefix("\(key)-") } == (0..<10).map { "\(key)-\($0)" })
    }
  }
}
