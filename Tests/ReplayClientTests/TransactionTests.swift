// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

@testable import ReplayClient

@Suite("Transactions")
struct TransactionTests {
  private static let folder = Repository.root.appending(path: "Tests/Replay")

  /// What the fixtures hold.
  private static let payment = Transaction(
    id: "pay-1", key: "é/\"k\"",
    statements: [
      Statement(
        "update account set n = n + :n, d = :d, b = :b, t = :t where id = :id",
        [
          "n": 5, "d": 0.1, "b": .bytes([0, 255]), "t": "line\nend \u{2028} 😀",
          "id": .uuid("00000000-0000-0000-0000-000000000007"),
        ]),
      Statement("select :x, :y", ["x": nil, "y": .decimal("12.50")]),
    ])

  @Test("a log of another language is read")
  func reading() throws {
    let bytes = Array(try Data(contentsOf: Self.folder.appending(path: "payments.log")))
    let (state, good) = try LogState.read(bytes, path: "payments.log")
    #expect(good == bytes.count)
    let waiting = try #require(state.waiting.first)
    #expect(state.waiting.count == 1 && waiting.at == 1_767_225_600.125 && waiting.xid == "734")
    #expect(try TransactionBody(text: waiting.body).transaction(key: waiting.key) == Self.payment)
    #expect(try TransactionBody(Self.payment).text == waiting.body)
    let parked = try #require(state.parked.first)
    #expect(state.parked.count == 1 && parked.id == "pay-2" && parked.cause == "23505")
    #expect(parked.parkedAt == 1_767_225_603.5)
  }

  @Test("a log is written byte for byte as every language writes it", arguments: ["payments.log", "example.log"])
  func writing(_ name: String) throws {
    let bytes = Array(try Data(contentsOf: Self.folder.appending(path: name)))
    let lines = bytes.split(separator: 0x0A).dropFirst()
    let records = try lines.map { try #require(LogRecord.read($0).flatMap(LogRecord.init)) }
    #expect(LogRecord.header + records.flatMap(\.line) == bytes)
  }

  @Test(
    "a statement that would end the transaction is known, whatever stands before it",
    arguments: [
      ("commit", true), (" \n\tCOMMIT;", true), ("-- why\nrollback", true), ("/* a /* b */ */ end", true),
      ("begin", true), ("start transaction", true), ("prepare  transaction 'x'", true), ("abort", true),
      ("prepare p as select 1", false), ("select 'commit'", false), ("ended", false), ("end_of_day()", false),
      ("/* commit", false), ("", false), ("update t set n = 1 -- commit", false),
    ])
  func ends(_ sql: String, _ expected: Bool) {
    #expect(SQLText(sql).endsTransaction == expected)
  }

  @Test("what has no form in the Data API or in SQS is malformed, or escaped")
  func forms() throws {
    for number in [Double.nan, .infinity] {
      let one = Transaction(id: "a", key: "k", statements: [Statement("select :n", ["n": .double(number)])])
      #expect(throws: Malformed.self) { try TransactionBody(one) }
    }
    let odd = Transaction(id: "\u{FFFE}", key: "k", statements: [Statement("select ':\u{FFFF}'")])
    let body = try TransactionBody(odd)
    #expect(body.text == #"{"id":"\ufffe","statements":[{"sql":"select ':\uffff'","parameters":[]}]}"#)
    #expect(try body.transaction(key: "k") == odd)
  }

  @Test(
    "the Data API's message has PostgreSQL's code",
    arguments: [
      ("ERROR: duplicate key value; SQLState: 23505", "23505"), ("sqlstate:40p01.", "40P01"),
      ("ERROR; SQLState: 235055", nil), ("SQLState: 23505_", nil), ("no code", nil),
      ("'SQLState: no' ; SQLState:  42P01", "42P01"),
    ])
  func sqlstate(_ message: String, _ expected: String?) {
    #expect(TargetError.sqlstate(in: message) == expected)
  }

  @Test("settings that make no sense are refused")
  func settings() throws {
    try ReplaySettings().check()
    var settings = ReplaySettings()
    settings.concurrency = 0
    #expect(throws: ReplayError.self) { try settings.check() }
    settings = ReplaySettings()
    settings.ledgerKeep = settings.maxAge
    #expect(throws: ReplayError.self) { try settings.check() }
    for name in ["", "A", "1a", "a-b", String(repeating: "a", count: 64)] {
      #expect(throws: ReplayError.self) { try Ledger(name) }
    }
  }
}

@Suite("Documentation of the replay client")
struct ReplayDocumentationTests {
  @Test("the example is the one that is compiled here")
  func example() throws {
    let page = try String(contentsOf: Repository.root.appending(path: "docs/replay.md"), encoding: .utf8)
    let source = Repository.root.appending(path: "Tests/ReplayClientTests/ReplayExample.swift")
    let text = try String(contentsOf: source, encoding: .utf8)
    let example = try #require(text.split(separator: "// example\n").last?.split(separator: "// end").first)
    #expect(page.contains("```swift\n\(example)```"))
  }
}
