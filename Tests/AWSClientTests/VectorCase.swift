// SPDX-License-Identifier: Apache-2.0

import APIModel
import Core
import Testing

@testable import AWSClient

/// One of botocore's protocol cases.
struct VectorCase: Sendable, CustomTestStringConvertible {
  /// `input` or `output`.
  let direction: String
  /// The file's name: `rest-xml`.
  let file: String
  let suite: JSONObject
  let content: JSONObject

  var id: String { content["id"]?.string ?? "?" }
  var testDescription: String { "\(direction)/\(file) \(id)" }

  /// botocore's files for the protocols that AWSClient speaks.
  static let files = ["ec2", "json", "json_1_0", "json_1_0-query-compatible", "query", "rest-json", "rest-xml"]

  static func all(_ direction: String) -> [VectorCase] {
    files.flatMap { file in
      ((try? VectorFiles.json("protocols/\(direction)/\(file).json"))?.array ?? []).compactMap(\.object).flatMap {
        suite in
        (suite["cases"]?.array ?? []).compactMap(\.object)
          .map { VectorCase(direction: direction, file: file, suite: suite, content: $0) }
      }
    }
  }

  func operation() throws -> OperationModel {
    var given = try #require(content["given"]?.object)
    let name = given["name"]?.string ?? "OperationName"
    // The cases leave out what the models of query services say of every output that has members.
    if file == "query", var output = given["output"]?.object, response(has: "<\(name)Result>") {
      output["resultWrapper"] = .string("\(name)Result")
      given["output"] = .object(output)
    }
    var model = suite
    model["operations"] = .object([name: .object(given)])
    return try APIModel(name: "vectors", model: .object(model)).operation(name)
  }

  private func response(has text: String) -> Bool { content["response"]?["body"]?.string?.contains(text) == true }

  var isLeftOut: Bool { Self.leftOut.contains { id.hasPrefix($0.prefix) } }

  /// Cases that are not run, by how their ids start, with the reason. All others must pass.
  static let leftOut: [(prefix: String, reason: String)] = [
    ("SDKApp", "bodies are never compressed: the trait requestcompression is on no operation in use"),
    (
      "RestJsonHttpChecksumRequired",
      "Content-MD5 is not made: the trait httpChecksumRequired is on no operation in use"
    ),
    (
      "RestJsonDeserializesDenseSetMapAndSkipsNull",
      "nulls in maps are kept in documents, and dropped on the way into Swift types"
    ),
  ]
}

extension Document {
  /// The value that a case writes as JSON: bytes as text, moments as seconds, special numbers by their names.
  init?(vector json: JSON, _ shape: Shape, isJSONValue: Bool = false) throws {
    if isJSONValue {
      self = .string(json.string ?? json.text(keys: .kept))
      return
    }
    switch (shape, json) {
    case (.document, _): self = .json(json)
    case (_, .null): self = .null
    case (.boolean, .bool(let flag)): self = .boolean(flag)
    case (.integer, .int(let number)): self = .integer(number)
    case (.double, .string(let text)): self = .double(try #require(ScalarText.number(text)))
    case (.double, _): self = .double(try #require(json.double))
    case (.string, .string(let text)): self = .string(text)
    case (.blob, .string(let text)): self = .blob(Array(text.utf8))
    case (.timestamp, .string(let text)): self = .timestamp(try #require(Timestamp(text)))
    case (.timestamp, _): self = .timestamp(Timestamp(secondsSinceEpoch: try #require(json.double)))
    case (.list(let list), .array(let items)):
      self = .list(try items.map { try #require(try Document(vector: $0, list.element)) })
    case (.map(let map), .object(let object)):
      self = .map(
        try object.members.map { MapEntry($0.key, try #require(try Document(vector: $0.value, map.value))) })
    case (.structure(let resolve), .object(let object)):
      self = .structure(try Fields(vector: object, resolve()))
    default:
      Issue.record("the case has \(json) for \(shape)")
      return nil
    }
  }
}

extension Fields {
  init(vector object: JSONObject, _ shape: StructureShape) throws {
    self.init(count: shape.members.count)
    for (name, json) in object.members where json != .null {
      let index = try #require(shape.index(of: name), "no member \(name)")
      let member = shape.members[index]
      self[index] = try Document(vector: json, member.shape, isJSONValue: member.traits.contains(.jsonValue))
    }
  }
}
