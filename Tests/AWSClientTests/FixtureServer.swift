// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

@testable import AWSClient

/// `Tests/Fixtures/http_fixture.py`, running for as long as this object lives.
///
/// Unchecked because a process and its pipes say nothing of threads; after `init` they are used one question at a time.
final class FixtureServer: @unchecked Sendable {
  struct Journal {
    let accepted: Int
    let resumed: Int
    let gone: Int
    let requests: [String]
    let tunnels: [String]
  }

  let port: Int
  /// The PEM file of the server's own certificate, with `--tls`.
  let certificate: String?
  private let process: Process
  private let input = Pipe()
  private let lines: LineReader

  convenience init(_ options: String...) throws {
    try self.init(FixturePython.process("http_fixture.py", options))
  }

  /// `Tests/Fixtures/http2_fixture.mjs`: HTTP/2 over TLS, which Python does not speak by itself.
  static func http2() throws -> FixtureServer {
    let process = Process()
    process.executableURL = URL(filePath: try #require(node))
    process.arguments = [FixturePython.root.appending(path: "Tests/Fixtures/http2_fixture.mjs").path]
    return try FixtureServer(process)
  }

  /// nil where Node.js is not installed.
  static let node = ["/usr/bin/node", "/usr/local/bin/node"].first { FileManager.default.isExecutableFile(atPath: $0) }

  private init(_ process: Process) throws {
    self.process = process
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    lines = LineReader(output.fileHandleForReading)
    let greeting = try JSON(parsing: try #require(lines.next()))
    port = try #require(greeting["port"]?.int)
    certificate = greeting["certificate"]?.string
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  var host: String { "127.0.0.1:\(port)" }

  /// What the server has seen, once it has seen `count` of `what` (`requests`, `gone`, ...).
  func journal(_ what: String = "", _ count: Int = 0) async throws -> Journal {
    let question = what.isEmpty ? "\n" : "\(what)=\(count)\n"
    // The answer may take its time, which must not hold up one of the few threads that run tasks.
    let answer = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [self] in
        try? input.fileHandleForWriting.write(contentsOf: Data(question.utf8))
        continuation.resume(returning: lines.next())
      }
    }
    let journal = try JSON(parsing: try #require(answer))
    func texts(_ name: String) -> [String] { journal[name]?.array?.compactMap(\.string) ?? [] }
    return Journal(
      accepted: try #require(journal["accepted"]?.int), resumed: try #require(journal["resumed"]?.int),
      gone: try #require(journal["gone"]?.int), requests: texts("requests"), tunnels: texts("tunnels"))
  }

  func request(
    _ path: String, method: String = "GET", scheme: String = "http", query: [(name: String, value: String)] = [],
    headers: [(name: String, value: String)] = [], body: String = ""
  ) -> HTTPRequest {
    HTTPRequest(
      method: method, scheme: scheme, host: host, path: path, query: query, headers: headers, body: Array(body.utf8))
  }
}

/// Lines of a pipe, one at a time.
private final class LineReader {
  private let handle: FileHandle
  private var buffer: [UInt8] = []

  init(_ handle: FileHandle) {
    self.handle = handle
  }

  func next() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0a) {
        defer { buffer.removeSubrange(...end) }
        return String(decoding: buffer[..<end], as: UTF8.self)
      }
      let data = handle.availableData
      guard !data.isEmpty else { return nil }
      buffer += data
    }
  }
}
