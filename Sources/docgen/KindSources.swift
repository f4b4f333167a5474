// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Foundation

/// What only the text of the sources says of the kinds: their doc comments and the operations they call.
struct KindSources {
  struct Entry: Equatable {
    /// Paragraphs in Markdown.
    var comment: String
    /// `ec2 CreateVpc`, ... in the order of the markers.
    var operations: [String]
  }

  private var entries: [KindName: Entry] = [:]

  init(root: URL) throws {
    let folder = root.appending(path: "Sources/Resources")
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    for path in paths.sorted() where path.hasSuffix(".swift") {
      add(try String(contentsOf: folder.appending(path: path), encoding: .utf8))
    }
  }

  init(texts: [String]) {
    for text in texts { add(text) }
  }

  subscript(name: KindName) -> Entry? { entries[name] }

  private mutating func add(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let nameMarker = "static let name: KindName = \""
    guard let nameLine = lines.first(where: { $0.contains(nameMarker) }),
      let name = nameLine.split(separator: "\"").dropFirst().first,
      let declaration = lines.firstIndex(where: { $0.hasPrefix("package enum") && $0.contains("ResourceKind") })
    else { return }
    let comment = lines[..<declaration].reversed().prefix { $0.hasPrefix("///") }.reversed()
      .map { $0.dropFirst($0.hasPrefix("/// ") ? 4 : 3) }.joined(separator: "\n")
    let operations = lines.filter { $0.hasPrefix("// aws: ") }.flatMap { line in
      let words = line.split(separator: " ").dropFirst(2)
      return words.dropFirst().map { "\(words.first ?? "") \($0)" }
    }
    entries[KindName(String(name))] = Entry(comment: comment, operations: operations)
  }
}
