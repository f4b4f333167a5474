// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Scalars as text, as they stand in forms, headers, addresses and XML.
enum ScalarText {
  /// nil for what is no scalar.
  static func encode(_ value: Document, _ shape: Shape, timestamps: TimestampFormat) -> String? {
    switch value {
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .double(let number): text(number)
    case .string(let text): text
    case .blob(let bytes): Base64.encode(bytes)
    case .timestamp(let moment): moment.text(format(of: shape) ?? timestamps)
    case .json(let json): json.text(keys: .kept)
    case .null, .list, .map, .structure: nil
    }
  }

  static func text(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    return number.description
  }

  static func format(of shape: Shape) -> TimestampFormat? {
    guard case .timestamp(let format) = shape else { return nil }
    return format
  }

  /// nil when an empty text stands for no value at all.
  static func decode(_ text: String, _ shape: Shape) throws(Unreadable) -> Document? {
    switch shape {
    case .string: return .string(text)
    case .boolean: return text.isEmpty ? nil : .boolean(text.lowercased() == "true" || text == "1")
    case .blob:
      guard let bytes = Base64.decode(text) else { throw Unreadable("\"\(text)\" is not base 64") }
      return .blob(bytes)
    case .integer:
      let text = trimmed(text)
      if text.isEmpty { return nil }
      guard let number = Int(text) ?? Double(text).flatMap(Int.init(exactly:)) else {
        throw Unreadable("\"\(text)\" is no whole number")
      }
      return .integer(number)
    case .double:
      let text = trimmed(text)
      if text.isEmpty { return nil }
      guard let number = number(text) else { throw Unreadable("\"\(text)\" is no number") }
      return .double(number)
    case .timestamp:
      let text = trimmed(text)
      if text.isEmpty { return nil }
      guard let moment = Timestamp(text) else { throw Unreadable("\"\(text)\" is no timestamp") }
      return .timestamp(moment)
    case .list, .map, .structure, .document:
      throw Unreadable("a text where there should be more")
    }
  }

  static func number(_ text: String) -> Double? {
    switch text {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    default: Double(text)
    }
  }

  static func trimmed(_ text: String) -> String {
    guard text.utf8.first.map(isSpace) == true || text.utf8.last.map(isSpace) == true else { return text }
    return String(
      decoding: text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed(), as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

/// An answer that makes no sense, and where.
struct Unreadable: Error, Sendable {
  private(set) var message: String
  private var path: [String] = []

  init(_ message: String) {
    self.message = message
  }

  /// The same, seen from the structure that holds the member.
  func inside(_ member: String) -> Unreadable {
    var outer = self
    outer.path.insert(member, at: 0)
    return outer
  }

  var description: String { path.isEmpty ? message : "\(path.joined(separator: ".")): \(message)" }
}
