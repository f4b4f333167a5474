// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The commented spec that `init` writes: every field with its documentation, those with a default commented out.
package enum StarterSpec {
  /// - Parameters:
  ///   - name: the stack's name; the table's example when nil.
  ///   - account: digits, without quotes.
  ///   - region: where its zones are `a`, `b` and `c`.
  package static func text(name: String? = nil, account: String? = nil, region: String? = nil) -> String {
    let examples = Dictionary(Stack.descriptions.map { ($0.name, $0.example ?? "") }) { first, _ in first }
    var values: [String: String] = [:]
    if let name { values["name"] = Scalar.written(name) }
    if let account { values["account"] = Scalar.quoted(account) }
    if let region { values["region"] = Scalar.written(region) }
    let head = """
      # A stack that harecon keeps. Lines that are commented out show defaults.
      # `harecon explain PATH` says more about every field, `harecon validate` checks the file.

      """
    var text = head + lines(Stack.descriptions, indent: 0, values).joined(separator: "\n") + "\n"
    if let region, let example = examples["region"] { text = text.replacing("\(example)", with: region) }
    if let name, let example = examples["name"] { text = text.replacing("\(example).", with: "\(name).") }
    return text
  }

  private static func lines(_ fields: [FieldDescription], indent: Int, _ values: [String: String]) -> [String] {
    let margin = String(repeating: " ", count: indent)
    return fields.filter { $0.presence != .planned }.flatMap { field -> [String] in
      let comment = Explanation.wrapped(field.documentation, indent: 0, width: 96 - indent)
        .split(separator: "\n").map { "\(margin)# \($0)" }
      return (indent == 0 ? [""] : []) + comment + body(field, indent: indent, values[field.name]).map { margin + $0 }
    }
  }

  private static func body(_ field: FieldDescription, indent: Int, _ value: String?) -> [String] {
    switch field.presence {
    case .required:
      if let value = value ?? field.example { return valueLines(field.name, value) }
      return ["\(field.name):"] + lines(field.children, indent: 2, [:])
    case .defaulted(let text):
      return valueLines(field.name, text.isEmpty ? defaults(of: field.children) : text).map { "# \($0)" }
    case .optional: return valueLines(field.name, field.example ?? "").map { "# \($0)" }
    case .planned: return []
    }
  }

  /// A section all of whose fields have defaults, with all of them.
  private static func defaults(of fields: [FieldDescription]) -> String {
    let pairs = fields.compactMap { field -> String? in
      guard case .defaulted(let text) = field.presence else { return nil }
      return "\(field.name): \(text.isEmpty ? defaults(of: field.children) : text)"
    }
    return "{\(pairs.joined(separator: ", "))}"
  }

  /// On one line, or one line per item where that is too long.
  private static func valueLines(_ name: String, _ value: String) -> [String] {
    let line = "\(name): \(value)"
    let formatted = try? SpecFormat.formatted(Array(line.utf8), file: "")
    return (formatted ?? line).split(separator: "\n").map(String.init)
  }
}
