// SPDX-License-Identifier: Apache-2.0

package import Core

/// What there is to say about one field or one rule, for `explain`.
package enum Explanation: Sendable {
  case section(path: String, FieldDescription?, [FieldDescription])
  case field(path: String, FieldDescription)
  case rule(RuleDescription)

  /// Path and description of each field, sections before what is in them, in the order of the table.
  package static let fields: [(path: String, field: FieldDescription)] = flatten(Stack.descriptions, under: "")

  /// Every rule that a diagnostic about a spec can name.
  package static let rules: [RuleDescription] =
    SpecRule.allCases.map { rule in
      RuleDescription(id: rule.rawValue, name: rule.rawValue, severity: .error, what: rule.documentation)
    }
    + Rule.all.map { rule in
      RuleDescription(
        id: rule.id, name: rule.slug, severity: rule.severity, what: rule.what, why: rule.why, wayOut: rule.wayOut)
    }

  /// - Parameter subject: a field's path, list positions left out or not (`cluster.members[0].tier`); a rule's id or
  ///   slug; nothing for the whole spec.
  package static func of(_ subject: String) throws(Diagnostics) -> Explanation {
    let path = withoutPositions(subject)
    if path.isEmpty { return .section(path: "", nil, Stack.descriptions) }
    if let field = fields.first(where: { $0.path == path })?.field {
      return field.children.isEmpty ? .field(path: path, field) : .section(path: path, field, field.children)
    }
    if let rule = rules.first(where: { $0.id.lowercased() == subject.lowercased() || $0.name == subject }) {
      return .rule(rule)
    }
    let known = fields.map(\.path) + rules.map(\.id) + rules.map(\.name)
    let nearest = Spelling.nearest(to: path, among: known) ?? paths(endingWith: path).first
    throw Diagnostics([
      Diagnostic(
        .error, .unknownKey, "there is neither a field nor a rule \"\(subject.clipped)\"", span: nil,
        hint: nearest.map { "did you mean \"\($0)\"?" }
          ?? "`harecon explain` lists all fields, `harecon explain -o markdown` the rules as well")
    ])
  }

  static func paths(endingWith name: String) -> [String] {
    fields.filter { $0.field.name == name }.map(\.path)
  }

  /// The rules that read the field or something in it.
  static func rules(of path: String) -> [Rule] {
    Rule.all.filter { $0.reads.contains { $0 == path || $0.hasPrefix("\(path).") || path.hasPrefix("\($0).") } }
  }

  private static func flatten(
    _ fields: [FieldDescription], under parent: String
  ) -> [(path: String, field: FieldDescription)] {
    fields.flatMap { field in
      let path = parent.isEmpty ? field.name : "\(parent).\(field.name)"
      return [(path, field)] + flatten(field.children, under: path)
    }
  }

  /// `cluster.members[0].tier` as `cluster.members.tier`.
  private static func withoutPositions(_ text: String) -> String {
    var result = ""
    var isInside = false
    for character in text {
      if character == "[" { isInside = true }
      if !isInside { result.append(character) }
      if character == "]" { isInside = false }
    }
    return result
  }
}

extension FieldDescription {
  /// `required`, `default 5s`.
  package var presenceText: String {
    switch presence {
    case .required: "required"
    case .defaulted(""): "optional"
    case .defaulted(let text): "default \(text)"
    case .optional: "optional"
    case .planned: "not supported yet"
    }
  }

  /// `a duration`, and for what is planned `a mapping`.
  package var noun: String { shape?.noun ?? "a mapping" }
}

extension Shape {
  /// The form of the values in a sentence; nil where the noun says all.
  package var summary: String? {
    switch self {
    case .text(let form): form.summary
    case .number(let step): "multiples of \(PlainScalar.shortest(step))"
    case .choice, .integer, .flag, .section: nil
    case .list(let item, let count):
      [item.summary.map { "each: \($0)" }, count > 0 ? "at least \(count)" : nil].compactMap(\.self)
        .joined(separator: "; ").nonEmpty
    case .map(let key, let value): "keys: \(key.summary); values: \(value.summary)"
    }
  }

  /// The words of a choice, or of a list of choices.
  package var words: [Word] {
    switch self {
    case .choice(let words): words
    case .list(let item, _): item.words
    case .text, .integer, .number, .flag, .map, .section: []
    }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
