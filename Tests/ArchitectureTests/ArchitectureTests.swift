// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The arrows between the targets, read off the sources.
@Suite("Architecture")
struct ArchitectureTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

  /// What each target may import of ours.
  static let arrows: [String: Set<String>] = [
    "Core": [],
    "AWSClient": ["Core"],
    "APIModel": ["Core", "AWSClient"],
    "apigen": ["Core", "AWSClient", "APIModel"],
    "AWSAPI": ["Core", "AWSClient"],
    "ReplayClient": ["Core", "AWSClient", "AWSAPI"],
    "ResourceKit": ["Core", "AWSClient"],
    "Resources": ["Core", "AWSClient", "AWSAPI", "ResourceKit"],
    "Preflights": ["Core", "AWSClient", "AWSAPI", "ResourceKit", "Resources"],
    "docgen": ["Core", "ResourceKit", "Resources"],
    "Engine": ["Core"],
    "Trail": ["Core", "AWSClient", "AWSAPI", "Engine"],
    "Spec": ["Core"],
    "Functions": ["Core"],
    "Blueprint": ["Core", "Functions", "ResourceKit", "Resources", "Spec"],
    "CLI": [
      "Core", "AWSClient", "AWSAPI", "ResourceKit", "Resources", "Preflights", "Engine", "Trail", "Spec", "Blueprint",
    ],
    "harecon": ["CLI"],
  ]

  struct Source {
    let path: String
    let target: String
    let text: String

    var imports: [String] {
      // At the start of a line: what a generator writes stands indented in its strings.
      text.split(separator: "\n").filter { $0.first != " " }.compactMap { line in
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), position + 1 < words.count else { return nil }
        let modifiers = words[..<position].allSatisfy { ["internal", "package", "public"].contains($0) }
        return modifiers ? String(words[position + 1]) : nil
      }
    }
  }

  static func family(_ target: String) -> String { target.hasPrefix("AWSAPI") ? "AWSAPI" : target }

  static func sources() throws -> [Source] {
    let folder = root.appending(path: "Sources")
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map { file in
      let path = String(file.standardized.path.dropFirst(root.path.count))
      let parts = path.split(separator: "/").map(String.init)
      let target = try #require(parts.dropFirst().first)
      return Source(path: path, target: target, text: try String(contentsOf: file, encoding: .utf8))
    }
  }

  @Test("a target imports only what stands above it")
  func imports() throws {
    let ours = Set(Self.arrows.keys)
    let all = try Self.sources()
    #expect(all.count > 150)
    for source in all {
      let allowed = try #require(Self.arrows[Self.family(source.target)], "\(source.target) has no arrows")
      for name in source.imports where ours.contains(Self.family(name)) {
        #expect(
          allowed.contains(Self.family(name)) || Self.family(name) == Self.family(source.target),
          "\(source.path) imports \(name)")
      }
    }
  }

  @Test("kinds wait for nothing: the engine does, which can be told to stop")
  func patience() throws {
    for source in try Self.sources() where ["Resources", "ResourceKit", "Preflights"].contains(source.target) {
      #expect(!source.text.contains("sleep("), "\(source.path)")
    }
  }

  @Test("only the program itself reads the environment")
  func environment() throws {
    for source in try Self.sources() where source.target != "harecon" {
      #expect(!source.text.contains("rocessInfo.environment") && !source.text.contains("getenv("), "\(source.path)")
    }
  }

  @Test("no file of the program or of its tests outgrows its subject")
  func sizes() throws {
    var seen = 0
    for folder in ["Sources", "Tests"] {
      // What a fuzzing run has built lies in a hidden folder.
      let found = FileManager.default.enumerator(
        at: Self.root.appending(path: folder), includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
      for case let file as URL in try #require(found) where ["swift", "py", "sh", "mjs"].contains(file.pathExtension) {
        guard !file.pathComponents.contains("Generated") else { continue }
        let lines = try Data(contentsOf: file).count { $0 == UInt8(ascii: "\n") }
        #expect(lines <= 400, "\(file.path) has \(lines) lines")
        seen += 1
      }
    }
    #expect(seen > 500)
  }
}
