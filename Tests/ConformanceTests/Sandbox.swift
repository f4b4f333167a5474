// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Core
import Foundation
import Synchronization

/// The AWS sandbox: one server process for the whole suite, which ends when this process does.
final class Sandbox: Sendable {
  /// Started by the first test that asks.
  static let shared: Result<Sandbox, SandboxFailure> = Result { () throws(SandboxFailure) in try Sandbox() }

  let endpoint: String
  let transport: CurlTransport
  private let process: Process
  /// The server ends when this closes.
  private let lifeline: Pipe
  private let accounts = Atomic(100_000_000_000)

  private init() throws(SandboxFailure) {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    process = Process()
    lifeline = Pipe()
    let output = Pipe()
    let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-m", "harecon_sandbox", "--until-stdin-closes"]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["PYTHONPATH": root.appending(path: "Tests/Sandbox").path]) { $1 }
    process.standardInput = lifeline
    process.standardOutput = output
    do {
      transport = try CurlTransport()
      try process.run()
    } catch {
      throw SandboxFailure(message: "cannot start \(python): \(error)")
    }
    var line: [UInt8] = []
    while let byte = output.fileHandleForReading.readData(ofLength: 1).first, byte != UInt8(ascii: "\n") {
      line.append(byte)
    }
    guard let ready = try? JSON(parsing: line), let endpoint = ready["endpoint"]?.string else {
      throw SandboxFailure(message: "the sandbox did not start: \"\(String(decoding: line, as: UTF8.self))\"")
    }
    self.endpoint = endpoint
  }

  /// The number of an account that no other test has.
  func newAccount() -> String {
    String(accounts.add(1, ordering: .relaxed).newValue)
  }

  /// A control call; see `Tests/Sandbox`.
  func control(_ path: String, account: String, _ body: JSON? = nil) async throws -> JSON {
    var query = [(name: "account", value: account)]
    let parts = path.split(separator: "?")
    for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
      let sides = pair.split(separator: "=")
      query.append((String(sides[0]), String(sides[1])))
    }
    let request = HTTPRequest(
      method: body == nil ? "GET" : "POST", scheme: "http", host: String(endpoint.dropFirst("http://".count)),
      path: "/_sandbox/\(parts[0])", query: query, headers: [("Content-Type", "application/json")],
      body: body.map { $0.utf8() } ?? [])
    let response = try await transport.send(request, within: Deadlines())
    guard response.status == 200 else {
      throw SandboxFailure(message: "\(path): \(response.status) \(String(decoding: response.body, as: UTF8.self))")
    }
    return try JSON(parsing: response.body)
  }
}

struct SandboxFailure: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}
