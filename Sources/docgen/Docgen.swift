// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Resources

/// Writes `docs/kinds.md` from the kinds and their doc comments.
///
///     docgen [--root FOLDER] [--check]
///
/// With `--check` nothing is written: it exits 1 when what is there is not what would be written.
@main
enum Docgen {
  static let path = "docs/kinds.md"

  static func main() {
    var root = URL(filePath: FileManager.default.currentDirectoryPath)
    var isCheck = false
    var words = CommandLine.arguments.dropFirst().makeIterator()
    while let word = words.next() {
      switch word {
      case "--root": root = words.next().map { URL(filePath: $0) } ?? root
      case "--check": isCheck = true
      default: fail("no such argument: \"\(word)\"; docgen [--root FOLDER] [--check]")
      }
    }
    do {
      let page = KindsPage(Registry.all, try KindSources(root: root)).text
      let file = root.appending(path: path)
      if (try? String(contentsOf: file, encoding: .utf8)) == page { return }
      if isCheck { fail("\(path) is not what the kinds say; run: make generate") }
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try page.write(to: file, atomically: true, encoding: .utf8)
    } catch {
      fail("\(error)")
    }
  }

  private static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("docgen: \(message)\n".utf8))
    exit(1)
  }
}
