// SPDX-License-Identifier: Apache-2.0

import Core
import Spec
import Testing

@Suite("The JSON Schema takes what the parser takes")
struct SchemaTests {
  private func complaints(_ text: String) throws -> [String] {
    let root = try #require(Composer.compose(Array(text.utf8), file: "a.yaml").root)
    return try MinimalValidator.complaints(JSON(root), JSONSchema.json, at: "")
  }

  @Test("it names its dialect")
  func dialect() {
    guard case .object(let schema) = JSONSchema.json else {
      Issue.record("the schema is no object")
      return
    }
    #expect(schema["$schema"] == .string("https://json-schema.org/draft/2020-12/schema"))
  }

  @Test("the specs of this repository, the starter spec and every fixture", arguments: Rule.all.map(\.id))
  func fixtures(_ id: String) throws {
    for name in ["fail", "pass"] {
      let text = try Repository.text("Tests/SpecTests/Fixtures/rules/\(id)/\(name).yaml")
      #expect(try complaints(text) == [])
    }
    for text in [try Repository.text("specs/payments.yaml"), try minimal(), StarterSpec.text()] {
      #expect(try complaints(text) == [])
    }
  }

  @Test(
    "and refuses what has the wrong form",
    arguments: [
      ("kind: PostgresStack", "kind: Postgres"), ("name: minimal", "name: Minimal"), ("name: minimal", "name: a--b"),
      ("\"111122223333\"", "\"11112222333\""), ("us-east-1\n", "useast1\n"), ("10.30.0.0/16", "10.30/16"),
      ("  database: app", "  database: app\n  port: 80"), ("  database: app", "  database: app\n  ports: 5432"),
      ("  database: app", "  database: app\n  dataAPI: maybe"), ("  database: app\n", ""),
      ("dns:", "changes: {}\ndns:"),
      ("us-east-1c]", "us-east-1]"), ("\"15.10\"", "15.10"),
    ])
  func refused(_ old: String, _ new: String) throws {
    let text = try minimal((old, new))
    #expect(read(text).stack == nil)
    #expect(try !complaints(text).isEmpty)
  }

  @Test("whatever the parser takes of specs with random values in them", arguments: 0..<400)
  func random(_ seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    var lines = try Repository.text("specs/payments.yaml").split(separator: "\n").map { String($0) }
    let values = [
      "true", "false", "1", "0.5", "2", "64", "255", "5s", "30s", "3m", "20d", "365d", "word", "\"1\"", "[]", "{}",
      "10.0.0.0/16", "db.example.com", "{a: b}", "manual", "standard", "\"15.12\"", "{exact: \"15.12\"}",
      "{min: 1, max: 2}",
    ]
    for _ in 0..<3 {
      let index = Int.random(in: 3..<lines.count, using: &generator)
      guard lines[index].contains(": "), !lines[index].contains("- {") else { continue }
      let value = values.randomElement(using: &generator) ?? ""
      lines[index] = String(lines[index].prefix { $0 != ":" }) + ": " + value
    }
    let text = lines.joined(separator: "\n") + "\n"
    if read(text).stack != nil { #expect(try complaints(text) == []) }
  }
}

/// The part of JSON Schema that the spec's schema uses; a keyword it does not know is a failure of the test.
private enum MinimalValidator {
  struct UnknownKeyword: Error {
    let name: String
  }

  static func complaints(_ value: JSON, _ schema: JSON, at path: String) throws -> [String] {
    guard case .object(let keywords) = schema else { return ["\(path): no schema"] }
    return try keywords.members.flatMap { keyword, argument in
      try complaints(value, keyword, argument, keywords, at: path)
    }
  }

  private static func complaints(
    _ value: JSON, _ keyword: String, _ argument: JSON, _ schema: JSONObject, at path: String
  ) throws -> [String] {
    switch (keyword, argument) {
    case ("$schema", _), ("title", _), ("description", _), ("default", _), ("examples", _): []
    case ("type", .string(let type)): isOf(type, value) ? [] : ["\(path): not of type \(type)"]
    case ("enum", .array(let words)): words.contains(value) ? [] : ["\(path): none of \(words)"]
    case ("not", .object): ["\(path): not allowed"]
    case ("pattern", .string(let pattern)):
      if case .string(let text) = value, try Regex(pattern).firstMatch(in: text) == nil {
        ["\(path): \(text) does not match \(pattern)"]
      } else {
        []
      }
    case ("minimum", .int(let limit)): number(value).map { $0 >= Double(limit) } ?? true ? [] : ["\(path): too small"]
    case ("maximum", .int(let limit)): number(value).map { $0 <= Double(limit) } ?? true ? [] : ["\(path): too large"]
    case ("minItems", .int(let count)):
      if case .array(let items) = value, items.count < count { ["\(path): too few"] } else { [] }
    case ("items", _):
      if case .array(let items) = value {
        try items.flatMap { try complaints($0, argument, at: path + "[]") }
      } else {
        []
      }
    case ("propertyNames", _):
      if case .object(let object) = value {
        try object.members.flatMap { try complaints(.string($0.key), argument, at: "\(path).\($0.key)") }
      } else {
        []
      }
    case ("required", .array(let names)): missing(value, names, at: path)
    case ("properties", .object(let properties)): try inside(value, properties, at: path)
    case ("additionalProperties", _): try others(value, argument, schema, at: path)
    default: throw UnknownKeyword(name: keyword)
    }
  }

  private static func missing(_ value: JSON, _ names: [JSON], at path: String) -> [String] {
    guard case .object(let object) = value else { return [] }
    return names.compactMap { name in
      guard case .string(let key) = name, object[key] == nil else { return nil }
      return "\(path): \(key) is missing"
    }
  }

  private static func inside(_ value: JSON, _ properties: JSONObject, at path: String) throws -> [String] {
    guard case .object(let object) = value else { return [] }
    return try object.members.flatMap { key, member in
      try properties[key].map { try complaints(member, $0, at: "\(path).\(key)") } ?? []
    }
  }

  private static func others(_ value: JSON, _ argument: JSON, _ schema: JSONObject, at path: String) throws -> [String]
  {
    guard case .object(let object) = value else { return [] }
    let known = if case .object(let properties)? = schema["properties"] { properties } else { JSONObject() }
    return try object.members.filter { known[$0.key] == nil }.flatMap { key, member in
      argument == .bool(false) ? ["\(path): \(key) is unknown"] : try complaints(member, argument, at: "\(path).\(key)")
    }
  }

  private static func isOf(_ type: String, _ value: JSON) -> Bool {
    switch value {
    case .null: type == "null"
    case .bool: type == "boolean"
    case .int: type == "integer" || type == "number"
    case .double: type == "number"
    case .string: type == "string"
    case .array: type == "array"
    case .object: type == "object"
    }
  }

  private static func number(_ value: JSON) -> Double? {
    switch value {
    case .int(let number): Double(number)
    case .double(let number): number
    case .null, .bool, .string, .array, .object: nil
    }
  }
}
