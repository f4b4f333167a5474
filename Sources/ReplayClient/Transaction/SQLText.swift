// SPDX-License-Identifier: Apache-2.0

/// As much of a statement as tells whether it would end the transaction that it runs in, and tear the ledger's row from
/// the rest.
struct SQLText: Sendable {
  private let text: [UInt8]
  private var offset = 0

  init(_ sql: String) {
    text = Array(sql.utf8)
  }

  var endsTransaction: Bool {
    var reader = self
    reader.skipSpaceAndComments()
    // A statement with nothing in it is none to PostgreSQL, and what stands behind it is the first.
    while reader.starts(with: ";") {
      reader.offset += 1
      reader.skipSpaceAndComments()
    }
    switch reader.word() {
    case "commit", "end", "rollback", "abort", "begin", "start": return true
    case "prepare": return reader.word() == "transaction"
    // A word of the database's, not one of ours.
    default: return false
    }
  }

  /// The next word in lower case, "" when something else stands there.
  private mutating func word() -> String {
    skipSpaceAndComments()
    let start = offset
    while offset < text.count, Self.isLetter(text[offset]) { offset += 1 }
    let isWhole = offset == text.count || !Self.continuesWord(text[offset])
    return isWhole ? String(decoding: text[start..<offset], as: UTF8.self).lowercased() : ""
  }

  private mutating func skipSpaceAndComments() {
    while offset < text.count {
      if [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D].contains(text[offset]) {
        offset += 1
      } else if starts(with: "--") {
        while offset < text.count, text[offset] != 0x0A, text[offset] != 0x0D { offset += 1 }
      } else if starts(with: "/*") {
        skipComment()
      } else {
        return
      }
    }
  }

  /// PostgreSQL's comments nest.
  private mutating func skipComment() {
    var depth = 0
    repeat {
      if starts(with: "/*") {
        depth += 1
        offset += 2
      } else if starts(with: "*/") {
        depth -= 1
        offset += 2
      } else {
        offset += 1
      }
    } while depth > 0 && offset < text.count
  }

  private func starts(with mark: String) -> Bool { text[min(offset, text.count)...].starts(with: mark.utf8) }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

  private static func continuesWord(_ byte: UInt8) -> Bool {
    isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
      || byte >= 0x80
  }
}
