// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The comments of a YAML text, which libyaml leaves out of its events.
struct Comments {
  struct Comment: Hashable {
    /// With its `#`, without blanks at the end.
    let text: String
    let start: SourcePosition
    /// Nothing but blanks stands before it in its line.
    let isAlone: Bool
    let followsBlankLine: Bool
  }

  let all: [Comment]
  private let blankLines: Set<Int>

  init(_ source: SourceText, root: Node) {
    let scalars = ScalarColumns(root)
    var (found, blank) = ([Comment](), Set<Int>())
    for (index, line) in source.lines.enumerated() {
      let (number, characters) = (index + 1, Array(line.unicodeScalars))
      if characters.allSatisfy({ $0 == " " || $0 == "\t" }) { blank.insert(number) }
      guard let start = Self.comment(in: characters, outside: scalars[line: number]) else { continue }
      var text = String.UnicodeScalarView(characters[start...])
      while let last = text.last, last == " " || last == "\t" { text.removeLast() }
      found.append(
        Comment(
          text: String(text), start: SourcePosition(line: number, column: start + 1),
          isAlone: characters[..<start].allSatisfy { $0 == " " || $0 == "\t" },
          followsBlankLine: blank.contains(number - 1)))
    }
    all = found
    blankLines = blank
  }

  func isBlank(line: Int) -> Bool { blankLines.contains(line) }

  /// True when a comment begins inside the range, not merely after it in its last line.
  func isAny(inside range: TextRange) -> Bool {
    all.contains { range.start < $0.start && $0.start < range.end }
  }

  private static func comment(in characters: [Unicode.Scalar], outside scalars: [Range<Int>]) -> Int? {
    characters.indices.first { index in
      characters[index] == "#" && (index == 0 || characters[index - 1] == " " || characters[index - 1] == "\t")
        && !scalars.contains { $0.contains(index) }
    }
  }
}
