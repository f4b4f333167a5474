// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Values as people read them in plans.
enum ValueText {
  static let unknown = "(known after apply)"
  static let secret = "(secret)"

  /// On one line: `true`, `15.10`, `[a, b]`, `{max: 32, min: 2}`.
  static func inline(_ value: Value) -> String {
    switch value {
    case .null: "(none)"
    case .bool(let flag): flag ? "true" : "false"
    case .int(let number): String(number)
    case .double(let number): number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
    case .string(let text): text.isEmpty ? "\"\"" : quotedIfNeeded(text)
    case .list(let items): "[" + items.map(inline).joined(separator: ", ") + "]"
    case .map(let members):
      "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \(inline($0.value))" }.joined(separator: ", ") + "}"
    case .unknown: unknown
    case .sealed: secret
    }
  }

  private static func quotedIfNeeded(_ text: String) -> String {
    let plain = text.allSatisfy { !$0.isNewline && $0 != "\"" } && text.first != " " && text.last != " "
    return plain ? text : "\"" + text.replacing("\n", with: "\\n").replacing("\"", with: "\\\"") + "\""
  }
}
