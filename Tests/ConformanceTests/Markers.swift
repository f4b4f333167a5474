// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import ResourceKit
import Resources

/// The operations that kinds say they call, from the lines `// aws: <service> <Operation> ...` of their sources.
enum Markers {
  /// `ec2 CreateVpc`, ... that the kinds of a sample may call between them.
  static func allowed(for sample: Sample) throws -> Set<String> {
    try allowed(for: sample.resources().map(\.address.kind))
  }

  /// A kind may call what its own file declares and what the files beside it declare that are no kinds.
  static func allowed(for kinds: [KindName]) throws -> Set<String> {
    var allowed: Set<String> = []
    let all = try sources.get()
    for name in kinds {
      guard let own = all.first(where: { $0.text.contains("KindName = \"\(name)\"") }) else { continue }
      for source in all where source.folder == own.folder && (source.name == own.name || !source.isKind) {
        allowed.formUnion(source.operations)
      }
    }
    return allowed
  }

  private struct Source: Sendable {
    let folder: String
    let name: String
    let text: String

    var isKind: Bool { text.contains("static let name: KindName") }

    var operations: Set<String> {
      text.split(separator: "\n").reduce(into: []) { operations, line in
        guard line.hasPrefix("// aws: ") else { return }
        let words = line.dropFirst("// aws: ".count).split(separator: " ")
        for operation in words.dropFirst() { operations.insert("\(words[0]) \(operation)") }
      }
    }
  }

  private static let sources: Result<[Source], any Error> = Result {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Resources")
    let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return try paths.filter { $0.hasSuffix(".swift") }.map { path in
      let file = root.appending(path: path)
      return Source(
        folder: file.deletingLastPathComponent().lastPathComponent, name: file.lastPathComponent,
        text: try String(contentsOf: file, encoding: .utf8))
    }
  }
}
