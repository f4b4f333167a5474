// SPDX-License-Identifier: Apache-2.0

extension JSON {
  package enum KeyOrder: Sendable, Hashable {
    /// By the bytes of their UTF-8: the same text on any machine, in any locale.
    case sorted
    /// As the objects have them.
    case kept
  }

  /// The value as JSON text; the same value always gives the same text.
  ///
  /// A double that is not finite has no form in JSON and is written as `null`.
  ///
  /// - Parameter pretty: one member or item a line, indented by two spaces; nothing after the last line.
  package func text(pretty: Bool = false, keys: KeyOrder = .sorted) -> String {
    String(decoding: utf8(pretty: pretty, keys: keys), as: UTF8.self)
  }

  package func utf8(pretty: Bool = false, keys: KeyOrder = .sorted) -> [UInt8] {
    var writer = JSONWriter(isPretty: pretty, keys: keys)
    writer.write(self, indent: 0)
    return writer.output
  }
}

private struct JSONWriter {
  let isPretty: Bool
  let keys: JSON.KeyOrder
  private(set) var output: [UInt8] = []

  init(isPretty: Bool, keys: JSON.KeyOrder) {
    self.isPretty = isPretty
    self.keys = keys
  }

  mutating func write(_ value: JSON, indent: Int) {
    switch value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .int(let number): append(String(number))
    case .double(let number): append(number.isFinite ? number.description : "null")
    case .string(let text): write(text)
    case .array(let items): write(items, indent: indent)
    case .object(let object): write(object, indent: indent)
    }
  }

  private mutating func write(_ items: [JSON], indent: Int) {
    output.append(UInt8(ascii: "["))
    for (index, item) in items.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      newLine(indent: indent + 1)
      write(item, indent: indent + 1)
    }
    if !items.isEmpty { newLine(indent: indent) }
    output.append(UInt8(ascii: "]"))
  }

  private mutating func write(_ object: JSONObject, indent: Int) {
    output.append(UInt8(ascii: "{"))
    for (index, member) in ordered(object.members).enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      newLine(indent: indent + 1)
      write(member.key)
      append(isPretty ? ": " : ":")
      write(member.value, indent: indent + 1)
    }
    if !object.isEmpty { newLine(indent: indent) }
    output.append(UInt8(ascii: "}"))
  }

  private func ordered(_ members: [JSONObject.Member]) -> [JSONObject.Member] {
    switch keys {
    case .kept: members
    case .sorted: members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
  }

  private mutating func newLine(indent: Int) {
    guard isPretty else { return }
    output.append(0x0A)
    output.append(contentsOf: repeatElement(0x20, count: indent * 2))
  }

  private mutating func write(_ text: String) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0x08: append("\\b")
      case 0x09: append("\\t")
      case 0x0A: append("\\n")
      case 0x0C: append("\\f")
      case 0x0D: append("\\r")
      case 0..<0x20: append((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private mutating func append(_ text: String) {
    output.append(contentsOf: text.utf8)
  }
}
