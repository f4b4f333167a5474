// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The inputs from which the fuzz targets start, and those that once failed: what holds for every input holds for them.
@Suite("Inputs of the fuzz targets")
struct FuzzCaseTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzz")

  /// The files of a target, by their paths below `Tests/Fuzz`.
  private static func cases(of target: String) throws -> [String] {
    try ["Corpus", "FailCases"].flatMap { kind in
      try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "\(kind)/\(target)").path)
        .filter { !$0.hasPrefix(".") }.sorted().map { "\(kind)/\(target)/\($0)" }
    }
  }

  @Test(
    "hold to the rules of their target",
    arguments: [("JSON", checkJSON), ("Plan", checkPlan), ("Spec", checkSpec), ("XML", checkXML)])
  func hold(target: String, check: @Sendable ([UInt8]) throws -> Void) throws {
    let cases = try Self.cases(of: target)
    #expect(!cases.isEmpty)
    for name in cases {
      let bytes = try Array(Data(contentsOf: Self.folder.appending(path: name)))
      #expect(throws: Never.self, "\(name)") { try check(bytes) }
    }
  }
}
