// SPDX-License-Identifier: Apache-2.0

/// A text by lines, as YAML breaks them: at CR, LF, CR LF, NEL, LS and PS.
package struct SourceText: Sendable, Hashable {
  /// Without their breaks.
  package let lines: [Substring]

  package init(_ text: String) {
    var lines: [Substring] = []
    let scalars = text.unicodeScalars
    var start = scalars.startIndex
    var index = start
    while index != scalars.endIndex {
      let scalar = scalars[index]
      let next = scalars.index(after: index)
      guard Self.isBreak(scalar) else {
        index = next
        continue
      }
      lines.append(text[start..<index])
      index = next
      if scalar == "\r", index != scalars.endIndex, scalars[index] == "\n" { index = scalars.index(after: index) }
      start = index
    }
    lines.append(text[start...])
    self.lines = lines
  }

  /// Bytes that are no UTF-8 are read as U+FFFD.
  package init(_ bytes: [UInt8]) {
    self.init(String(decoding: bytes, as: UTF8.self))
  }

  /// The line by its number, counted from 1; empty when there is none.
  package subscript(line number: Int) -> Substring {
    lines.indices.contains(number - 1) ? lines[number - 1] : ""
  }

  private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0a, 0x0d, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// The place of the byte with the given offset.
  package static func position(ofByte offset: Int, in bytes: [UInt8]) -> SourcePosition {
    let before = SourceText(Array(bytes.prefix(max(offset, 0))))
    return SourcePosition(line: before.lines.count, column: before[line: before.lines.count].unicodeScalars.count + 1)
  }

  /// The blanks that the line, counted from 1, begins with.
  package static func indentation(ofLine number: Int, in bytes: [UInt8]) -> String {
    String(SourceText(bytes)[line: number].prefix { $0 == " " || $0 == "\t" })
  }
}
