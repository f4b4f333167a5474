// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a JSON text, and where.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  package let message: String
  package let position: SourcePosition
  /// In bytes from the start.
  package let offset: Int

  package var description: String { "line \(position.line), column \(position.column): \(message)" }
}

extension JSON {
  /// Reads one JSON text (RFC 8259), strictly: UTF-8 without byte order mark, no duplicate keys, nothing after the value.
  ///
  /// - Parameter maxDepth: how deep arrays and objects may nest; the stack that is used grows with it.
  package init(parsing bytes: [UInt8], maxDepth: Int = 128) throws(JSONError) {
    var reader = JSONReader(bytes: bytes, maxDepth: maxDepth)
    self = try reader.document()
  }

  package init(parsing text: String, maxDepth: Int = 128) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), maxDepth: maxDepth)
  }
}

private struct JSONReader {
  private let bytes: [UInt8]
  private let maxDepth: Int
  private var offset = 0

  init(bytes: [UInt8], maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = maxDepth
  }

  mutating func document() throws(JSONError) -> JSON {
    skipSpace()
    let value = try value(depth: 0)
    skipSpace()
    if offset < bytes.count { throw error("expected the end after the value, found \(here)") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    guard let byte else { throw error("expected a value, found the end") }
    switch byte {
    case Ascii.braceOpen: return .object(try object(depth: depth + 1))
    case Ascii.bracketOpen: return .array(try array(depth: depth + 1))
    case Ascii.quote: return .string(try string())
    case Ascii.minus, Ascii.zero...Ascii.nine: return try number()
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: throw error("expected a value, found \(here)")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
    try checkDepth(depth)
    offset += 1
    var object = JSONObject()
    skipSpace()
    if consume(Ascii.braceClose) { return object }
    while true {
      guard byte == Ascii.quote else { throw error("expected a key in quotes, found \(here)") }
      let start = offset
      let key = try string()
      if object[key] != nil { throw error("the key \"\(key)\" stands here twice", at: start) }
      skipSpace()
      guard consume(UInt8(ascii: ":")) else { throw error("expected \":\" after the key \"\(key)\", found \(here)") }
      skipSpace()
      object[key] = try value(depth: depth)
      skipSpace()
      if consume(Ascii.braceClose) { return object }
      guard consume(Ascii.comma) else { throw error("expected \",\" or \"}\", found \(here)") }
      skipSpace()
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
    try checkDepth(depth)
    offset += 1
    var items: [JSON] = []
    skipSpace()
    if consume(Ascii.bracketClose) { return items }
    while true {
      items.append(try value(depth: depth))
      skipSpace()
      if consume(Ascii.bracketClose) { return items }
      guard consume(Ascii.comma) else { throw error("expected \",\" or \"]\", found \(here)") }
      skipSpace()
    }
  }

  // MARK: Scalars

  private mutating func string() throws(JSONError) -> String {
    let start = offset
    offset += 1
    var run = offset
    var text: [UInt8]?
    while let next = byte {
      switch next {
      case Ascii.quote:
        let raw = bytes[run..<offset]
        offset += 1
        let whole = text.map { $0[...] + raw } ?? raw
        guard let string = String(validating: whole, as: UTF8.self) else {
          throw error("the text in quotes is not UTF-8", at: start)
        }
        return string
      case Ascii.backslash:
        text = (text ?? []) + bytes[run..<offset]
        text?.append(contentsOf: try escape())
        run = offset
      case 0..<0x20:
        throw error("a control character must be written as an escape, found \(here)")
      default:
        offset += 1
      }
    }
    throw error("the text in quotes has no end", at: start)
  }

  /// The UTF-8 of one escape; two of them when they are a surrogate pair.
  private mutating func escape() throws(JSONError) -> [UInt8] {
    let start = offset
    offset += 1
    guard let kind = byte else { throw error("the escape has no end", at: start) }
    offset += 1
    switch kind {
    case Ascii.quote, Ascii.backslash, UInt8(ascii: "/"): return [kind]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return try unicodeEscape(from: start)
    default: throw error("no such escape", at: start)
    }
  }

  private mutating func unicodeEscape(from start: Int) throws(JSONError) -> [UInt8] {
    let unit = try hexadecimal(from: start)
    if let scalar = Unicode.Scalar(unit) { return Array(String(scalar).utf8) }
    guard unit < 0xDC00, consume(Ascii.backslash), consume(UInt8(ascii: "u")) else {
      throw error("half of a surrogate pair", at: start)
    }
    let low = try hexadecimal(from: start)
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
    else { throw error("half of a surrogate pair", at: start) }
    return Array(String(scalar).utf8)
  }

  private mutating func hexadecimal(from start: Int) throws(JSONError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = byte.flatMap(Ascii.hexadecimalDigit) else {
        throw error("expected four hexadecimal digits", at: start)
      }
      unit = unit << 4 | UInt32(digit)
      offset += 1
    }
    return unit
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = offset
    let isNegative = consume(Ascii.minus)
    var isInteger = true
    if !consume(Ascii.zero), skipDigits() == 0 { throw error("expected a digit, found \(here)") }
    if let byte, Ascii.isDigit(byte) { throw error("a number must not start with 0", at: start) }
    if consume(UInt8(ascii: ".")) {
      isInteger = false
      if skipDigits() == 0 { throw error("expected a digit after the point, found \(here)") }
    }
    if consume(UInt8(ascii: "e")) || consume(UInt8(ascii: "E")) {
      isInteger = false
      if !consume(UInt8(ascii: "+")) { _ = consume(Ascii.minus) }
      if skipDigits() == 0 { throw error("expected a digit in the exponent, found \(here)") }
    }
    if isInteger, let number = integer(in: start..<offset, isNegative: isNegative) { return .int(number) }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let number = Double(text), number.isFinite else { throw error("the number is out of range", at: start) }
    return .double(number)
  }

  /// nil when it does not fit.
  private func integer(in range: Range<Int>, isNegative: Bool) -> Int? {
    var number = 0
    for byte in bytes[range].dropFirst(isNegative ? 1 : 0) {
      let digit = Int(byte - Ascii.zero)
      let (tens, overflowed) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflowedToo) = tens.addingReportingOverflow(isNegative ? -digit : digit)
      if overflowed || overflowedToo { return nil }
      number = sum
    }
    return number
  }

  private mutating func skipDigits() -> Int {
    let start = offset
    while let byte, Ascii.isDigit(byte) { offset += 1 }
    return offset - start
  }

  private mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for index in 0..<word.utf8CodeUnitCount {
      guard byte == word.utf8Start[index] else { throw error("expected \"\(word)\", found \(here)") }
      offset += 1
    }
    return value
  }

  // MARK: Reading

  private var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func consume(_ expected: UInt8) -> Bool {
    guard byte == expected else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private func checkDepth(_ depth: Int) throws(JSONError) {
    if depth > maxDepth { throw error("nested more than \(maxDepth) deep") }
  }

  private var here: String {
    guard let byte else { return "the end" }
    guard byte >= 0x20, byte < 0x7F else { return "the byte 0x" + String(byte, radix: 16) }
    return "\"\(Character(Unicode.Scalar(byte)))\""
  }

  private func error(_ message: String, at place: Int? = nil) -> JSONError {
    let place = place ?? offset
    let before = bytes[..<place]
    let line = before.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let column = String(decoding: before[lineStart...], as: UTF8.self).count + 1
    return JSONError(message: message, position: SourcePosition(line: line, column: column), offset: place)
  }
}

/// The bytes that JSON is made of.
private enum Ascii {
  static let quote = UInt8(ascii: "\"")
  static let backslash = UInt8(ascii: "\\")
  static let comma = UInt8(ascii: ",")
  static let minus = UInt8(ascii: "-")
  static let zero = UInt8(ascii: "0")
  static let nine = UInt8(ascii: "9")
  static let braceOpen = UInt8(ascii: "{")
  static let braceClose = UInt8(ascii: "}")
  static let bracketOpen = UInt8(ascii: "[")
  static let bracketClose = UInt8(ascii: "]")

  static func isDigit(_ byte: UInt8) -> Bool { byte >= zero && byte <= nine }

  static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case zero...nine: byte - zero
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
