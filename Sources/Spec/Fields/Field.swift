// SPDX-License-Identifier: Apache-2.0

/// A mapping of the spec with a fixed set of keys.
///
/// `fields` is the one list of them: the parser, `explain`, the reference, the JSON Schema and the starter spec all read
/// it.
package protocol Section: Sendable {
  /// With nothing read yet.
  init()
  static var fields: [Field<Self>] { get }
}

extension Section {
  package static var descriptions: [FieldDescription] { fields.map(\.description) }
}

/// One key of a section: where its value goes, how it is written, and what it means.
package struct Field<Root: Section>: Sendable {
  package let description: FieldDescription
  /// Reads the entry, nil when the spec leaves it out, into the section. False when the section cannot be used.
  let read: @Sendable (Node.Entry?, inout Root, inout Reader) -> Bool

  var name: String { description.name }
}

extension Field {
  package typealias Place<Value: Sendable> = WritableKeyPath<Root, Located<Value>> & Sendable

  /// A field that every spec gives.
  static func required<Value>(
    _ name: String, _ place: any Place<Value>, _ form: Form<Value>, _ documentation: String, example: String,
    since: String = "0.1"
  ) -> Field {
    Field(
      description: FieldDescription(
        name: name, shape: form.shape, presence: .required, documentation: documentation, example: example,
        since: since)
    ) { entry, root, reader in
      guard let entry else {
        reader.missing(example: example)
        return false
      }
      return read(entry, form, &reader) { root[keyPath: place] = $0 }
    }
  }

  /// A field with a default that is right for most.
  static func defaulted<Value>(
    _ name: String, _ place: any Place<Value>, _ form: Form<Value>, _ value: Value, _ documentation: String,
    example: String? = nil, since: String = "0.1"
  ) -> Field {
    Field(
      description: FieldDescription(
        name: name, shape: form.shape, presence: .defaulted(form.text(value)), documentation: documentation,
        example: example, since: since)
    ) { entry, root, reader in
      guard let entry else {
        root[keyPath: place] = Located(value, span: reader.home, isDefault: true)
        return true
      }
      return read(entry, form, &reader) { root[keyPath: place] = $0 }
    }
  }

  /// A list with a default, whose items then have the section's place.
  static func defaulted<Item: Sendable>(
    _ name: String, _ place: any Place<[Located<Item>]>, _ form: Form<[Located<Item>]>, items: [Item],
    _ documentation: String, since: String = "0.1"
  ) -> Field {
    let text = form.text(items.map { Located($0, span: .nowhere) })
    return Field(
      description: FieldDescription(
        name: name, shape: form.shape, presence: .defaulted(text), documentation: documentation, example: nil,
        since: since)
    ) { entry, root, reader in
      guard let entry else {
        let home = reader.home
        let located = items.map { Located($0, span: home, isDefault: true) }
        root[keyPath: place] = Located(located, span: home, isDefault: true)
        return true
      }
      return read(entry, form, &reader) { root[keyPath: place] = $0 }
    }
  }

  /// A field that may be left out, and then says nothing.
  static func optional<Value>(
    _ name: String, _ place: any Place<Value?>, _ form: Form<Value>, _ documentation: String, example: String,
    since: String = "0.1"
  ) -> Field {
    Field(
      description: FieldDescription(
        name: name, shape: form.shape, presence: .optional, documentation: documentation, example: example,
        since: since)
    ) { entry, root, reader in
      guard let entry else {
        root[keyPath: place] = Located(nil, span: reader.home, isDefault: true)
        return true
      }
      return read(entry, form, &reader) { root[keyPath: place] = Located($0.value, span: $0.span) }
    }
  }

  /// A mapping with fields of its own. One that may be left out has a default for each of them.
  static func section<Value: Section>(
    _ name: String, _ place: any Place<Value>, required: Bool, _ documentation: String, example: String? = nil,
    since: String = "0.1"
  ) -> Field {
    Field(
      description: FieldDescription(
        name: name, shape: .section(Value.descriptions), presence: required ? .required : .defaulted(""),
        documentation: documentation, example: example, since: since)
    ) { entry, root, reader in
      guard entry != nil || !required else {
        reader.missing(example: example)
        return false
      }
      if let entry, !reader.hasValue(entry) { return false }
      guard let value = reader.section(Value.self, entry?.value, at: entry?.key.range) else { return false }
      root[keyPath: place] = Located(
        value, span: entry.map { reader.span($0.key.range) } ?? reader.home, isDefault: entry == nil)
      return true
    }
  }

  /// A section of a later version: known, and refused, so that nobody believes it to be in force.
  static func planned(_ name: String, _ documentation: String) -> Field {
    Field(
      description: FieldDescription(
        name: name, shape: nil, presence: .planned, documentation: documentation, example: nil, since: "a later version"
      )
    ) { entry, _, reader in
      guard let entry else { return true }
      reader.complain(
        .notSupportedYet, "\"\(name)\" is not supported yet", at: entry.key.range,
        hint: "leave the section out for now: this version would not act on it")
      return false
    }
  }

  private static func read<Value>(
    _ entry: Node.Entry, _ form: Form<Value>, _ reader: inout Reader, _ store: (Located<Value>) -> Void
  ) -> Bool {
    guard reader.hasValue(entry), let value = form.read(entry.value, &reader) else { return false }
    store(Located(value, span: reader.span(entry.value.range)))
    return true
  }
}
