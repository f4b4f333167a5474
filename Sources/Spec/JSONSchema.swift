// SPDX-License-Identifier: Apache-2.0

package import Core

/// The spec's form as JSON Schema, draft 2020-12, for editors.
///
/// It accepts whatever the parser accepts; what only rules and the parser know (values that depend on each other, what
/// readers of YAML disagree on) it does not refuse.
package enum JSONSchema {
  package static let json: JSON = .object(
    JSONObject(
      [
        ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
        ("title", .string("harecon stack")),
        ("description", .string("A highly available Aurora PostgreSQL stack, as harecon keeps it.")),
      ] + section(Stack.descriptions).members))

  private static func section(_ fields: [FieldDescription]) -> JSONObject {
    JSONObject([
      ("type", .string("object")),
      ("properties", .object(JSONObject(fields.map { ($0.name, property($0)) }))),
      ("required", .array(fields.filter { $0.presence == .required }.map { .string($0.name) })),
      ("additionalProperties", .bool(false)),
    ])
  }

  private static func property(_ field: FieldDescription) -> JSON {
    var object = JSONObject([("description", .string(field.documentation))])
    guard let shape = field.shape else {
      object["description"] = .string("Not supported yet: \(field.documentation)")
      object["not"] = .object(JSONObject())
      return .object(object)
    }
    for (key, value) in schema(shape).members { object[key] = value }
    switch field.presence {
    case .defaulted(let text) where !text.isEmpty: object["default"] = value(text)
    case .defaulted, .required, .optional, .planned: break
    }
    if let example = field.example { object["examples"] = .array([value(example)]) }
    return .object(object)
  }

  private static func schema(_ shape: Shape) -> JSONObject {
    switch shape {
    case .text(let form): return text(form)
    case .integer(let range):
      return JSONObject([
        ("type", .string("integer")), ("minimum", .int(range.lowerBound)), ("maximum", .int(range.upperBound)),
      ])
    case .number: return JSONObject([("type", .string("number"))])
    case .flag: return JSONObject([("type", .string("boolean"))])
    case .choice(let words): return JSONObject([("enum", .array(words.map { .string($0.text) }))])
    case .list(let item, let count):
      var object = JSONObject([("type", .string("array")), ("items", .object(schema(item)))])
      if count > 0 { object["minItems"] = .int(count) }
      return object
    case .map(let key, let value):
      return JSONObject([
        ("type", .string("object")), ("propertyNames", .object(text(key))),
        ("additionalProperties", .object(text(value))),
      ])
    case .section(let fields): return section(fields)
    }
  }

  /// Patterns with Unicode properties are left out, as not every validator reads them.
  private static func text(_ form: TextForm) -> JSONObject {
    var object = JSONObject([("type", .string("string"))])
    if !form.pattern.contains("\\p") { object["pattern"] = .string(form.pattern) }
    return object
  }

  /// A value of the table, written as in a spec.
  private static func value(_ text: String) -> JSON {
    Composer.compose(Array(text.utf8), file: "").root.map { JSON($0) } ?? .string(text)
  }
}

extension JSON {
  /// The value that readers of YAML 1.2 give the node; text where they disagree.
  package init(_ node: Node) {
    switch node.target.content {
    case .scalar(let scalar): self = scalar.style == .plain ? JSON(plain: scalar.text) : .string(scalar.text)
    case .sequence(let items, _): self = .array(items.map { JSON($0) })
    case .mapping(let entries, _):
      self = .object(JSONObject(entries.map { ($0.key.text ?? "", JSON($0.value)) }))
    case .alias: self = .null
    }
  }

  private init(plain text: String) {
    switch PlainScalar(text) {
    case .null: self = .null
    case .boolean(let value): self = .bool(value)
    case .integer(let value): self = .int(value)
    case .decimal(let value): self = .double(value)
    case .text, .oddNumber, .timestamp, .mergeKey: self = .string(text)
    }
  }
}
