// SPDX-License-Identifier: Apache-2.0

/// A rule as reports describe it.
package struct RuleDescription: Sendable, Hashable {
  /// `HA010`, `spec.unknown-key`.
  package let id: String
  /// The rule in two or three words: `capacity-min`.
  package let name: String
  package let severity: Severity
  package let what: String
  package let why: String?
  package let wayOut: String?

  package init(id: String, name: String, severity: Severity, what: String, why: String? = nil, wayOut: String? = nil) {
    self.id = id
    self.name = name
    self.severity = severity
    self.what = what
    self.why = why
    self.wayOut = wayOut
  }
}

extension Diagnostic {
  /// One object; what there is nothing to say about is left out.
  package var json: JSON {
    var object = JSONObject([
      ("severity", .string(severity.rawValue)), ("rule", .string(rule)), ("message", .string(message)),
    ])
    if let span {
      object["file"] = .string(span.file)
      object["start"] = span.start.json
      object["end"] = span.end.json
    }
    if let address { object["address"] = .string(address.description) }
    if let hint { object["hint"] = .string(hint) }
    if !notes.isEmpty { object["notes"] = .array(notes.map(JSON.string)) }
    return .object(object)
  }
}

extension Diagnostics {
  /// The list of all.
  package var json: JSON { .array(all.map(\.json)) }

  /// A log of SARIF 2.1.0 with one run.
  ///
  /// - Parameter rules: those that may occur; results of others name their rule without describing it.
  package func sarif(rules: [RuleDescription], toolVersion: String) -> JSON {
    let positions = Dictionary(rules.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
    let driver: JSON = .object(
      JSONObject([
        ("name", .string("harecon")), ("version", .string(toolVersion)), ("rules", .array(rules.map(\.sarif))),
      ]))
    let run: JSON = .object(
      JSONObject([
        ("tool", .object(JSONObject([("driver", driver)]))), ("columnKind", .string("unicodeCodePoints")),
        ("results", .array(all.map { $0.sarif(ruleIndex: positions[$0.rule]) })),
      ]))
    return .object(
      JSONObject([
        ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")), ("version", .string("2.1.0")),
        ("runs", .array([run])),
      ]))
  }
}

extension SourcePosition {
  fileprivate var json: JSON {
    .object(JSONObject([("line", .int(line)), ("column", .int(column))]))
  }
}

extension RuleDescription {
  fileprivate var sarif: JSON {
    var object = JSONObject([
      ("id", .string(id)), ("name", .string(name)), ("shortDescription", Self.text(what)),
      ("defaultConfiguration", .object(JSONObject([("level", .string(severity.rawValue))]))),
    ])
    if let why { object["fullDescription"] = Self.text("\(what) \(why)") }
    if let wayOut { object["help"] = Self.text(wayOut) }
    return .object(object)
  }

  static func text(_ text: String) -> JSON { .object(JSONObject([("text", .string(text))])) }
}

extension Diagnostic {
  fileprivate func sarif(ruleIndex: Int?) -> JSON {
    var object = JSONObject([("ruleId", .string(rule))])
    if let ruleIndex { object["ruleIndex"] = .int(ruleIndex) }
    object["level"] = .string(severity.rawValue)
    object["message"] = RuleDescription.text(([message] + notes + [hint].compactMap(\.self)).joined(separator: "\n"))
    guard let span else { return .object(object) }
    let region = JSONObject([
      ("startLine", .int(span.start.line)), ("startColumn", .int(span.start.column)),
      ("endLine", .int(span.end.line)), ("endColumn", .int(span.end.column)),
    ])
    let place = JSONObject([
      ("artifactLocation", .object(JSONObject([("uri", .string(Self.uri(span.file)))]))), ("region", .object(region)),
    ])
    object["locations"] = .array([.object(JSONObject([("physicalLocation", .object(place))]))])
    return .object(object)
  }

  /// A path as a URI reference; an absolute one as a `file` URI.
  private static func uri(_ path: String) -> String {
    let escaped = path.utf8.map { byte -> String in
      let scalar = Unicode.Scalar(byte)
      let isPlain = byte < 0x80 && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      if isPlain || "-._~/".utf8.contains(byte) { return String(Character(scalar)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%\(digits.count == 1 ? "0" : "")\(digits)"
    }
    return (path.hasPrefix("/") ? "file://" : "") + escaped.joined()
  }
}
