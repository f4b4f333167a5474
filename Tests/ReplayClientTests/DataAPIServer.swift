// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Logging
import Testing

@testable import ReplayClient

/// `Tests/Fixtures/data_api_fixture.py`: the Data API's stand-in over a real PostgreSQL server, which loses what it is told
/// to lose. Ends with this process.
final class DataAPIServer: Sendable {
  static let arn = "arn:aws:rds:us-east-1:123456789012:cluster:payments"

  /// nil where there is no PostgreSQL.
  static let shared: DataAPIServer? = try? DataAPIServer()

  struct Seen: Sendable {
    let calls: [String]
    let faults: [JSON]
    let violations: [JSON]
  }

  let statements: JSON
  private let port: Int
  private let pipes: Guarded<Pipes>

  private init() throws {
    var pipes = try Pipes()
    let greeting = try #require(try pipes.next())
    port = try #require(greeting["port"]?.int)
    statements = try #require(greeting["statements"])
    self.pipes = Guarded(pipes)
  }

  func target() async throws(ReplayError) -> DataAPITarget {
    try await DataAPITarget(
      cluster: Self.arn, secret: "arn:aws:secretsmanager:us-east-1:123456789012:secret:payments",
      database: "postgres", region: "us-east-1",
      environment: [
        "AWS_ACCESS_KEY_ID": "AKIA123456789012", "AWS_SECRET_ACCESS_KEY": "sandbox-secret-123456789012",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)", "AWS_MAX_ATTEMPTS": "7",
      ], logger: CaseTests.logger)
  }

  /// Met in this order, from now on: `("CommitTransaction", "answer lost")`.
  func expect(_ faults: [(call: String, fault: String)]) throws {
    _ = try ask(.array(faults.map { [.string($0.call), .string($0.fault)] }))
  }

  /// Rows of a statement that goes past the Data API.
  @discardableResult
  func witness(_ sql: String) throws -> [[JSON]] {
    try ask(.string(sql)).array?.compactMap(\.array) ?? []
  }

  func seen() throws -> Seen {
    let answer = try ask(.null)
    return Seen(
      calls: answer["calls"]?.array?.compactMap(\.string) ?? [], faults: answer["faults"]?.array ?? [],
      violations: answer["violations"]?.array ?? [])
  }

  private func ask(_ question: JSON) throws -> JSON {
    try pipes.withLock { pipes in
      try pipes.write("\(question.text())\n")
      return try #require(try pipes.next())
    }
  }
}

/// A process that answers a line with a line.
private struct Pipes: Sendable {
  private let input = Pipe()
  private let output = Pipe()
  private var buffer: [UInt8] = []

  init() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let own = Repository.root.appending(path: ".venv/bin/python").path
    let python =
      ProcessInfo.processInfo.environment["PYTHON"]
      ?? (FileManager.default.isExecutableFile(atPath: own) ? own : "python3")
    process.arguments = [python, Repository.root.appending(path: "Tests/Fixtures/data_api_fixture.py").path]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  func write(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

  mutating func next() throws -> JSON? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        defer { buffer.removeSubrange(...end) }
        return try JSON(parsing: Array(buffer[..<end]))
      }
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { return nil }
      buffer += data
    }
  }
}
