// SPDX-License-Identifier: Apache-2.0

package import Core

extension Explanation {
  /// For a terminal of 100 columns; ends with a line break.
  package var text: String {
    switch self {
    case .rule(let rule): Self.text(rule)
    case .field(let path, let field): Self.text(path, field)
    case .section(let path, let field, let children): Self.text(path, field, children)
    }
  }

  private static let width = 100

  private static func text(_ rule: RuleDescription) -> String {
    var text = rule.name == rule.id ? rule.id : "\(rule.id) \(rule.name)"
    text += " (\(rule.severity.rawValue))\n\n" + wrapped(rule.what, indent: 2)
    if let why = rule.why { text += "\n" + wrapped(why, indent: 2) }
    if let wayOut = rule.wayOut { text += "\n" + wrapped("way out: \(wayOut)", indent: 2) }
    return text
  }

  private static func text(_ path: String, _ field: FieldDescription) -> String {
    var lines = heading(path, field) + "\n" + wrapped(field.documentation, indent: 2)
    var facts: [String] = []
    if let summary = field.shape?.summary { facts.append("form: \(summary)") }
    facts += (field.shape?.words ?? []).map { "\($0.text): \($0.meaning)" }
    if let example = field.example { facts.append("example: \(field.name): \(example)") }
    if field.presence != .planned { facts.append("since: \(field.since)") }
    if !facts.isEmpty { lines += "\n" + facts.map { wrapped($0, indent: 2, hanging: 4) }.joined() }
    return lines + text(rulesOf: path)
  }

  private static func text(_ path: String, _ field: FieldDescription?, _ children: [FieldDescription]) -> String {
    var text = field.map { heading(path, $0) + "\n" + wrapped($0.documentation, indent: 2) + "\n" } ?? ""
    let widths = children.map(\.name.count).max() ?? 0
    for child in children {
      let name = child.name + String(repeating: " ", count: widths - child.name.count)
      text += "  \(name)  " + wrapped("\(child.noun), \(child.presenceText)", indent: widths + 4).dropFirst(widths + 4)
      text += wrapped(child.documentation.firstSentence, indent: widths + 4)
    }
    if let example = field?.example { text += "\n" + wrapped("example: \(example)", indent: 2, hanging: 4) }
    return text + (path.isEmpty ? "" : Self.text(rulesOf: path, onlyOwn: true))
  }

  private static func heading(_ path: String, _ field: FieldDescription) -> String {
    wrapped("\(path): \(field.noun), \(field.presenceText)", indent: 0, hanging: 2)
  }

  /// - Parameter onlyOwn: leave out the rules that read a single field inside, which is explained by itself.
  private static func text(rulesOf path: String, onlyOwn: Bool = false) -> String {
    let rules = rules(of: path).filter { !onlyOwn || $0.reads.contains(path) }
    guard !rules.isEmpty else { return "" }
    return "\n" + rules.map { wrapped("\($0.id) \($0.slug): \($0.what)", indent: 2, hanging: 4) }.joined()
  }

  /// Broken between words; a word longer than the line stands alone.
  static func wrapped(_ text: String, indent: Int, hanging: Int? = nil, width: Int = width) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let margin = lines.isEmpty ? indent : hanging ?? indent
      if !line.isEmpty, margin + line.count + 1 + word.count > width {
        lines.append(String(repeating: " ", count: margin) + line)
        line = String(word)
      } else {
        line += line.isEmpty ? String(word) : " \(word)"
      }
    }
    let margin = lines.isEmpty ? indent : hanging ?? indent
    return (lines + [String(repeating: " ", count: margin) + line]).joined(separator: "\n") + "\n"
  }
}

extension Explanation {
  /// The same as one object.
  package var json: JSONObject {
    switch self {
    case .rule(let rule):
      var object = JSONObject([
        ("rule", .string(rule.id)), ("name", .string(rule.name)), ("severity", .string(rule.severity.rawValue)),
        ("what", .string(rule.what)),
      ])
      object["why"] = rule.why.map(JSON.string)
      object["wayOut"] = rule.wayOut.map(JSON.string)
      return object
    case .field(let path, let field): return Self.object(path, field)
    case .section(let path, let field, let children):
      var object = field.map { Self.object(path, $0) } ?? JSONObject([("path", .string(""))])
      let inside = children.map { JSON.object(Self.object(path.isEmpty ? $0.name : "\(path).\($0.name)", $0)) }
      object["fields"] = .array(inside)
      return object
    }
  }

  private static func object(_ path: String, _ field: FieldDescription) -> JSONObject {
    var object = JSONObject([
      ("path", .string(path)), ("type", .string(field.noun)), ("presence", .string(field.presenceText)),
      ("documentation", .string(field.documentation)), ("since", .string(field.since)),
    ])
    object["form"] = (field.shape?.summary).map(JSON.string)
    object["example"] = field.example.map(JSON.string)
    let words = field.shape?.words ?? []
    if !words.isEmpty { object["allowed"] = .object(JSONObject(words.map { ($0.text, JSON.string($0.meaning)) })) }
    object["rules"] = .array(rules(of: path).map { .string($0.id) })
    return object
  }
}

extension String {
  /// Up to the first full stop that ends a sentence.
  fileprivate var firstSentence: String {
    guard let end = firstRange(of: ". ") else { return self }
    return String(self[..<end.lowerBound]) + "."
  }
}
