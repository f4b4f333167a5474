// SPDX-License-Identifier: Apache-2.0

import APIModel
import Core
import Testing

@testable import AWSClient

/// One of botocore's protocol cases.
struct VectorCase: Sendable, CustomTestStringConvertible {
  /// `input` or `output`.
  let direction: String
  /// The file's name: `rest-xml`, or `legacy/rest-xml` for the cases of before Smithy.
  let file: String
  let suite: JSONObject
  let content: JSONObject
  /// Unique in the file; the old cases have only the words of their suite, and their place in it.
  let id: String

  var testDescription: String { "\(direction)/\(file) \(id)" }

  /// botocore's files for the protocols that AWSClient speaks.
  private static let files = [
    "ec2", "json", "json_1_0", "json_1_0-query-compatible", "query", "rest-json", "rest-xml", "legacy/ec2",
    "legacy/json", "legacy/query", "legacy/rest-json", "legacy/rest-xml",
  ]

  static func all(_ direction: String) -> [VectorCase] {
    files.flatMap { file in
      let path = file.replacing("legacy/", with: "")
      let folder = path == file ? "protocols" : "protocols/legacy"
      let suites = (try? VectorFiles.json("\(folder)/\(direction)/\(path).json"))?.array ?? []
      return suites.compactMap(\.object).flatMap { cases(of: $0, direction, file) }
    }
  }

  private static func cases(of suite: JSONObject, _ direction: String, _ file: String) -> [VectorCase] {
    (suite["cases"]?.array ?? []).compactMap(\.object).enumerated().map { index, content in
      VectorCase(
        direction: direction, file: file, suite: suite, content: content,
        id: content["id"]?.string ?? "\(suite["description"]?.string ?? ""), case \(index)")
    }
  }

  func operation() throws -> OperationModel {
    var given = try #require(content["given"]?.object)
    let name = given["name"]?.string ?? "OperationName"
    // The cases leave out what the models of query services say of every output that has members.
    if file.hasSuffix("query"), var output = given["output"]?.object, response(has: "<\(name)Result>") {
      output["resultWrapper"] = .string("\(name)Result")
      given["output"] = .object(output)
    }
    // The old cases take an error of the service for one of the operation, listed or not.
    if file.hasPrefix("legacy/") {
      let errors = (suite["shapes"]?.object?.members ?? []).filter { $0.value["exception"] == true }
      given["errors"] = .array(errors.map { ["shape": .string($0.key)] })
    }
    var model = suite
    model["operations"] = .object([name: .object(given)])
    return try APIModel(name: "vectors", model: .object(model)).operation(name)
  }

  private func response(has text: String) -> Bool { content["response"]?["body"]?.string?.contains(text) == true }

  var isLeftOut: Bool { Self.leftOut.contains { isNamed($0.prefix) } }

  func isNamed(_ prefix: String) -> Bool { id.hasPrefix(prefix) || testDescription.hasPrefix(prefix) }

  /// Cases that are not run, by how their ids or whole names start, with the reason. All others must pass.
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
    ("RPC JSON Event Stream", "no operation in use has an event stream"),
    ("REST XML Event Stream", "no operation in use has an event stream"),
    ("output/legacy/json Lists, case 1", "its model calls a map a string"),
    ("input/legacy/rest-json List in header, case 1", "RestJsonNullAndEmptyHeaders has it the other way, and is newer"),
    ("input/legacy/rest-xml List in header, case 1", "NullAndEmptyHeaders has it the other way, and is newer"),
    ("input/legacy/rest-json Content-Type and JSON body, case 7", "a type for a body that is not there"),
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
    // botocore's own word for a member of a union that its model does not have.
    for (name, json) in object.members where json != .null && name != "SDK_UNKNOWN_MEMBER" {
      let index = try #require(shape.index(of: name), "no member \(name)")
      let member = shape.members[index]
      self[index] = try Document(vector: json, member.shape, isJSONValue: member.traits.contains(.jsonValue))
    }
  }
}
