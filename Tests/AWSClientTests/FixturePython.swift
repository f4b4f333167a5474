// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The Python that the project's scripts run with: `PYTHON`, the virtual environment that `make` sets up, or the system's.
enum FixturePython {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A process that has not been started.
  static func process(_ script: String, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [interpreter, root.appending(path: "Tests/Fixtures/\(script)").path] + arguments
    return process
  }

  /// What a script prints, once it has ended well.
  static func output(_ script: String, _ arguments: [String]) throws -> Data {
    let process = process(script, arguments)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try #require(try output.fileHandleForReading.readToEnd())
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return data
  }

  private static let interpreter: String = {
    let own = root.appending(path: ".venv/bin/python").path
    return ProcessInfo.processInfo.environment["PYTHON"]
      ?? (FileManager.default.isExecutableFile(atPath: own) ? own : "python3")
  }()
}
