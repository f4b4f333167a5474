// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Turns nodes into the values of fields and gathers what is wrong with them.
struct Reader {
  private let file: String
  private(set) var diagnostics: [Diagnostic] = []
  /// Fields whose value could not be read, by path without list positions; rules that need them are not asked.
  private(set) var broken: Set<String> = []
  private var path: [String] = []
  /// Where the section that is being read begins: the place of what it leaves out.
  private(set) var home: SourceSpan

  init(file: String, home: SourceSpan) {
    self.file = file
    self.home = home
  }

  func span(_ range: TextRange) -> SourceSpan { range.span(in: file) }

  // MARK: Complaints

  mutating func complain(
    _ rule: SpecRule, _ message: String, at range: TextRange, hint: String? = nil, notes: [String] = []
  ) {
    diagnostics.append(Diagnostic(.error, rule, message, span: span(range), hint: hint, notes: notes))
  }

  /// The field that is being read is not in the spec, and has to be.
  mutating func missing(example: String?) {
    let path = self.path.joined(separator: ".")
    let line = example.map { "for example `\(self.path[self.path.count - 1]): \($0)`" }
    diagnostics.append(
      Diagnostic(
        .error, .missing, "\"\(path)\" is missing", span: home, hint: line ?? "see `harecon explain \(path)`"))
  }

  // MARK: Sections

  /// Reads one section from its mapping; from nothing when all of its fields may be left out.
  ///
  /// A field that cannot be read stays unset and is noted in `broken`, so that rules on the others are still asked.
  mutating func section<Value: Section>(_: Value.Type, _ node: Node?, at range: TextRange?) -> Value? {
    let outer = home
    defer { home = outer }
    if let range { home = span(range) }
    var entries: [Node.Entry] = []
    if let node {
      guard let given = self.entries(of: node, expecting: "a mapping") else { return nil }
      entries = given
    }
    let given = Dictionary(entries.map { ($0.key.text ?? "", $0) }) { first, _ in first }
    let meant = reportUnknown(entries, among: Value.descriptions)
    var value = Value()
    for field in Value.fields {
      path.append(field.name)
      defer { path.removeLast() }
      let entry = given[field.name]
      // A required field whose key was mistyped has been reported by its wrong key.
      let isReported = entry == nil && meant.contains(field.name) && field.description.presence == .required
      if isReported || !field.read(entry, &value, &self) { broken.insert(path.joined(separator: ".")) }
    }
    return value
  }

  /// Reports the keys that no field has; answers with the fields that they were probably meant for.
  private mutating func reportUnknown(_ entries: [Node.Entry], among fields: [FieldDescription]) -> Set<String> {
    let known = Set(fields.map(\.name))
    let given = Set(entries.compactMap(\.key.text))
    guard !given.isSubset(of: known) else { return [] }
    let candidates = fields.map(\.name).filter { !given.contains($0) }
    let place = path.isEmpty ? "a spec" : "\"\(path.joined(separator: "."))\""
    var meant: Set<String> = []
    for entry in entries {
      guard let key = entry.key.text, !known.contains(key) else { continue }
      let nearest = Spelling.nearest(to: key, among: candidates)
      if let nearest { meant.insert(nearest) }
      complain(
        .unknownKey, "\(place) has no \"\(key.clipped)\"", at: entry.key.range,
        hint: nearest.map { "did you mean \"\($0)\"?" } ?? elsewhere(key) ?? self.known(fields))
    }
    return meant
  }

  /// The field of that name in another section.
  private func elsewhere(_ key: String) -> String? {
    Explanation.paths(endingWith: key).first.map { "there is a \"\($0)\"" }
  }

  private func known(_ fields: [FieldDescription]) -> String {
    "it has \(fields.filter { $0.presence != .planned }.map(\.name).joined(separator: ", "))"
  }

  // MARK: Values

  /// The entry has a value at all.
  mutating func hasValue(_ entry: Node.Entry) -> Bool {
    guard case .scalar(let scalar) = entry.value.target.content, scalar.style == .plain,
      PlainScalar(scalar.text) == .null
    else { return true }
    complain(
      .noValue, "\"\(entry.key.text ?? "")\" has no value", at: entry.key.range,
      hint: "give it one, or leave the key out to get the default if it has one")
    return false
  }

  /// A text that every reader of YAML takes for text.
  ///
  /// - Parameter asText: how to write what another reader would not take for text.
  mutating func text(
    of node: Node, expecting noun: String, asText: (String) -> String = { "write \"\($0.clipped)\"" }
  ) -> String? {
    guard let scalar = scalar(node, expecting: noun) else { return nil }
    guard scalar.style == .plain else { return scalar.text }
    let what: String
    switch PlainScalar(scalar.text) {
    case .text: return scalar.text
    case .null: what = "is nothing to a YAML reader"
    case .boolean(let value): what = "is the boolean \(value) to many YAML readers"
    case .integer: what = "is a number to a YAML reader"
    case .decimal(let value): what = "is the number \(PlainScalar.shortest(value)) to a YAML reader"
    case .oddNumber(let kind): what = "is \(kind) to some YAML readers"
    case .timestamp: what = "is a date to many YAML readers"
    case .mergeKey: what = "is a merge key to many YAML readers"
    }
    complain(
      .ambiguous, "\(scalar.text.clipped) without quotes \(what)", at: node.range, hint: asText(scalar.text))
    return nil
  }

  mutating func integer(of node: Node, expecting noun: String) -> Int? {
    switch number(node, noun) {
    case .integer(let value): return value
    case .decimal: wrongType(node, noun)
    case .text, .null, .boolean, .oddNumber, .timestamp, .mergeKey, nil: break
    }
    return nil
  }

  mutating func number(of node: Node, expecting noun: String) -> Double? {
    switch number(node, noun) {
    case .integer(let value): Double(value)
    case .decimal(let value): value
    case .text, .null, .boolean, .oddNumber, .timestamp, .mergeKey, nil: nil
    }
  }

  /// A number, in one of the two forms that all readers agree on; anything else has been reported.
  private mutating func number(_ node: Node, _ noun: String) -> PlainScalar? {
    guard let scalar = scalar(node, expecting: noun) else { return nil }
    let meaning = PlainScalar(scalar.text)
    switch meaning {
    case .integer, .decimal:
      guard scalar.style == .plain else {
        wrongType(node, noun, hint: "a number is written without quotes: \(scalar.text)")
        return nil
      }
      return meaning
    case .oddNumber(let what) where scalar.style == .plain:
      complain(
        .ambiguous, "\"\(scalar.text.clipped)\" is \(what) to some YAML readers", at: node.range,
        hint: "write the number in decimal digits, without leading zeros")
    case .text, .null, .boolean, .oddNumber, .timestamp, .mergeKey: wrongType(node, noun)
    }
    return nil
  }

  mutating func flag(of node: Node) -> Bool? {
    guard let scalar = scalar(node, expecting: Shape.flag.noun) else { return nil }
    switch scalar.style == .plain ? scalar.text : "" {
    case "true": return true
    case "false": return false
    case let text:
      let meaning = PlainScalar(scalar.text)
      if case .boolean(let value) = meaning {
        guard text.isEmpty else {
          complain(
            .ambiguous, "\"\(text)\" is a boolean to some YAML readers and a word to others", at: node.range,
            hint: "write \(value)")
          return nil
        }
        wrongType(node, Shape.flag.noun, hint: "write \(value), without quotes")
      } else {
        wrongType(node, Shape.flag.noun)
      }
      return nil
    }
  }

  mutating func items(of node: Node, atLeast: Int) -> [Node]? {
    guard case .sequence(let items, _) = node.target.content else {
      wrongType(node, "a list", hint: "write `[…]`, or one line with `- ` for each item")
      return nil
    }
    guard items.count >= atLeast else {
      let found = items.isEmpty ? "the list is empty" : "the list has \(items.count) and not \(atLeast) items"
      complain(.value, found, at: node.range, hint: "name at least \(atLeast)")
      return nil
    }
    return items
  }

  mutating func entries(of node: Node, expecting noun: String) -> [Node.Entry]? {
    guard case .mapping(let entries, _) = node.target.content else {
      wrongType(node, noun, hint: "write `{key: value}`, or one indented line for each key")
      return nil
    }
    return entries
  }

  private mutating func scalar(_ node: Node, expecting noun: String) -> Scalar? {
    guard case .scalar(let scalar) = node.target.content else {
      wrongType(node, noun)
      return nil
    }
    return scalar
  }

  private mutating func wrongType(_ node: Node, _ noun: String, hint: String? = nil) {
    let found =
      switch node.target.content {
      case .scalar(let scalar): scalar.text.isEmpty ? "an empty text" : "\"\(scalar.text.clipped)\""
      case .sequence: "a list"
      case .mapping: "a mapping"
      case .alias: "an alias"
      }
    complain(.type, "expected \(noun) and found \(found)", at: node.range, hint: hint)
  }
}

extension Node {
  /// The text of a scalar.
  var text: String? {
    guard case .scalar(let scalar) = target.content else { return nil }
    return scalar.text
  }
}

extension String {
  /// Short enough to stand in a message.
  var clipped: String {
    let line = prefix { !$0.isNewline }
    return line.count == count && count <= 60 ? self : "\(line.prefix(57))…"
  }
}
