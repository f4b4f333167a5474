// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Where in a text the scalars stand: everything else is structure, blanks and comments.
struct ScalarColumns {
  private var columns: [Int: [Range<Int>]] = [:]

  init(_ root: Node) {
    collect(root)
  }

  /// The columns, from 0, that scalars take in the line, from 1.
  subscript(line number: Int) -> [Range<Int>] { columns[number] ?? [] }

  private mutating func collect(_ node: Node) {
    switch node.content {
    case .scalar(let scalar): add(scalar, node.range)
    case .sequence(let items, _): for item in items { collect(item) }
    case .mapping(let entries, _):
      for entry in entries {
        collect(entry.key)
        collect(entry.value)
      }
    case .alias: break
    }
  }

  private mutating func add(_ scalar: Scalar, _ range: TextRange) {
    let isBlock = scalar.style == .literal || scalar.style == .folded
    // The line of a block scalar's mark may end in a comment.
    let first = isBlock ? range.start.line + 1 : range.start.line
    guard first <= range.end.line else { return }
    for line in first...range.end.line {
      let from = line == range.start.line ? range.start.column - 1 : 0
      let to = line == range.end.line ? range.end.column - 1 : Int.max
      if from < to { columns[line, default: []].append(from..<to) }
    }
  }
}

/// Finds lines that a tab indents where libyaml lets it pass, as it does within brackets.
enum Tabs {
  static func diagnostics(_ bytes: [UInt8], _ root: Node, file: String) -> [Diagnostic] {
    guard bytes.contains(UInt8(ascii: "\t")) else { return [] }
    let (source, scalars) = (SourceText(bytes), ScalarColumns(root))
    return source.lines.enumerated().compactMap { index, line in
      let indentation = line.unicodeScalars.prefix { $0 == " " || $0 == "\t" }
      guard indentation.count < line.unicodeScalars.count, let tab = Array(indentation).firstIndex(of: "\t"),
        !scalars[line: index + 1].contains(where: { $0.contains(tab) })
      else { return nil }
      let start = SourcePosition(line: index + 1, column: tab + 1)
      let end = SourcePosition(line: index + 1, column: indentation.count + 1)
      return .tab(SourceSpan(file: file, start: start, end: end))
    }
  }
}
