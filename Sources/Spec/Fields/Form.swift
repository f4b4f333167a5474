// SPDX-License-Identifier: Apache-2.0

internal import Core

/// How values of one Swift type are written in a spec: read, printed and described by the same value.
package struct Form<Value: Sendable>: Sendable {
  let shape: Shape
  /// nil when the value is wrong; the reader has been told.
  let read: @Sendable (Node, inout Reader) -> Value?
  /// As one would write it in the spec, on one line.
  let text: @Sendable (Value) -> String
}

// MARK: Scalars

extension Form {
  /// - Parameter parse: the value, or nil with a suggestion.
  static func parsed(
    _ form: TextForm, _ parse: @escaping @Sendable (String) -> Parsed<Value>,
    text: @escaping @Sendable (Value) -> String
  ) -> Form {
    Form(shape: .text(form)) { node, reader in
      let asText = { (written: String) -> String in
        switch parse(written) {
        case .value: "write \"\(written.clipped)\""
        case .wrong(let suggestion?): "write \(Scalar.written(suggestion))"
        case .wrong(nil): "write \(form.noun): \(form.summary)"
        }
      }
      guard let written = reader.text(of: node, expecting: form.noun, asText: asText) else { return nil }
      switch parse(written) {
      case .value(let value): return value
      case .wrong(let suggestion):
        let what = written.isEmpty ? "an empty text" : "\"\(written.clipped)\""
        reader.complain(
          .value, "\(what) is not \(form.noun): \(form.summary)", at: node.range,
          hint: suggestion.map { "did you mean \"\($0)\"?" })
        return nil
      }
    } text: {
      Scalar.written(text($0))
    }
  }
}

enum Parsed<Value> {
  case value(Value)
  case wrong(suggestion: String?)

  static var wrong: Parsed { .wrong(suggestion: nil) }
}

extension Form where Value == String {
  static func text(_ form: TextForm, _ accepts: @escaping @Sendable (String) -> Bool) -> Form {
    .parsed(form) { written in
      if accepts(written) { return .value(written) }
      let lowered = written.lowercased()
      return .wrong(suggestion: lowered != written && accepts(lowered) ? lowered : nil)
    } text: {
      $0
    }
  }

  static func text(_ pattern: TextPattern) -> Form {
    .text(pattern.form) { pattern.accepts($0) }
  }
}

extension Form where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> Form {
    let shape = Shape.integer(range)
    return Form(shape: shape) { node, reader in
      guard let number = reader.integer(of: node, expecting: shape.noun) else { return nil }
      guard range.contains(number) else {
        reader.complain(
          .value, "\(number) is not \(shape.noun)", at: node.range,
          hint: "the nearest is \(min(max(number, range.lowerBound), range.upperBound))")
        return nil
      }
      return number
    } text: {
      "\($0)"
    }
  }
}

extension Form where Value == Double {
  /// Any number; whether it is a multiple of `step` is for a rule to say.
  static func number(step: Double) -> Form {
    let shape = Shape.number(step: step)
    return Form(shape: shape) { node, reader in
      reader.number(of: node, expecting: shape.noun)
    } text: {
      PlainScalar.shortest($0)
    }
  }
}

extension Form where Value == Bool {
  static var flag: Form {
    Form(shape: .flag) { node, reader in
      reader.flag(of: node)
    } text: {
      "\($0)"
    }
  }
}

extension Form where Value: Choice {
  static var choice: Form {
    let words = Value.allCases.map { Shape.Word(text: $0.rawValue, meaning: $0.meaning) }
    let shape = Shape.choice(words)
    return Form(shape: shape) { node, reader in
      guard let written = reader.text(of: node, expecting: shape.noun) else { return nil }
      if let value = Value(rawValue: written) { return value }
      let all = words.map(\.text)
      let nearest = Spelling.nearest(to: written, among: all)
      reader.complain(
        .choice, "\"\(written.clipped)\" is not one of \(all.map { "\"\($0)\"" }.joined(separator: ", "))",
        at: node.range, hint: nearest.map { "did you mean \"\($0)\"?" })
      return nil
    } text: {
      Scalar.written($0.rawValue)
    }
  }
}

// MARK: Collections

extension Form {
  /// A list whose items know their places.
  static func list<Item: Hashable & Sendable>(
    of item: Form<Item>, atLeast: Int = 0
  ) -> Form where Value == [Located<Item>] {
    Form(shape: .list(item.shape, atLeast: atLeast)) { node, reader in
      guard let nodes = reader.items(of: node, atLeast: atLeast) else { return nil }
      var seen: [Item: Int] = [:]
      var isWhole = true
      let items = nodes.compactMap { node -> Located<Item>? in
        guard let value = item.read(node, &reader) else {
          isWhole = false
          return nil
        }
        if let line = seen[value] {
          reader.complain(
            .repeated, "\(item.text(value)) is named twice", at: node.range, hint: "remove one of the two",
            notes: ["the first is in line \(line)"])
          isWhole = false
          return nil
        }
        seen[value] = node.range.start.line
        return Located(value, span: reader.span(node.range))
      }
      return isWhole ? items : nil
    } text: {
      "[\($0.map { item.text($0.value) }.joined(separator: ", "))]"
    }
  }

  /// - Parameter text: an item as one would write it, needed where the default has items.
  static func list<Item: Section>(
    of: Item.Type, atLeast: Int = 0, text: @escaping @Sendable (Item) -> String = { _ in "…" }
  ) -> Form where Value == [Item] {
    Form(shape: .list(.section(Item.descriptions), atLeast: atLeast)) { node, reader in
      guard let nodes = reader.items(of: node, atLeast: atLeast) else { return nil }
      let items = nodes.compactMap { reader.section(Item.self, $0, at: $0.range) }
      return items.count == nodes.count ? items : nil
    } text: {
      "[\($0.map(text).joined(separator: ", "))]"
    }
  }
}

extension Form where Value == LocatedMap {
  static func map(keys: TextPattern, values: TextPattern) -> Form {
    Form(shape: .map(key: keys.form, value: values.form)) { node, reader in
      guard let entries = reader.entries(of: node, expecting: "a mapping of \(keys.form.plural)") else { return nil }
      let (key, value) = (Form<String>.text(keys), Form<String>.text(values))
      let read = entries.compactMap { entry -> LocatedMap.Entry? in
        let (name, text) = (key.read(entry.key, &reader), value.read(entry.value, &reader))
        guard let name, let text else { return nil }
        return LocatedMap.Entry(
          key: Located(name, span: reader.span(entry.key.range)),
          value: Located(text, span: reader.span(entry.value.range)))
      }
      return read.count == entries.count ? LocatedMap(read) : nil
    } text: { map in
      "{\(map.entries.map { "\($0.key.value): \(Scalar.written($0.value.value))" }.joined(separator: ", "))}"
    }
  }
}
