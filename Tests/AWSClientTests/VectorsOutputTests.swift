// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

/// botocore's protocol cases for answers.
@Suite("Protocol vectors: output")
struct VectorsOutputTests {
  static let cases = VectorCase.all("output")

  @Test("no case is missing")
  func count() {
    #expect(Self.cases.count == 328 + 110)
    #expect(Self.cases.filter(\.isLeftOut).count == 6)
  }

  @Test("the answer is read as the case has it", arguments: cases.filter { !$0.isLeftOut })
  func answer(_ vector: VectorCase) throws {
    let operation = try vector.operation()
    let response = try response(vector, operation)
    if vector.content["error"] != nil {
      try expectError(response, operation, vector)
    } else {
      let expected = try Fields(vector: vector.content["result"]?.object ?? JSONObject(), operation.output)
      let answer = try ResponseDecoder.decode(response, for: operation)
      #expect(readable(answer.output, operation.output) == readable(expected, operation.output))
    }
  }

  private func response(_ vector: VectorCase, _ operation: OperationModel) throws -> HTTPResponse {
    let response = try #require(vector.content["response"]?.object)
    return HTTPResponse(
      status: try #require(response["status_code"]?.int),
      headers: try (response["headers"]?.object?.members ?? []).map { ($0.key, try #require($0.value.string)) },
      body: Array((response["body"]?.string ?? "").utf8))
  }

  private func expectError(_ response: HTTPResponse, _ operation: OperationModel, _ vector: VectorCase) throws {
    let error = try #require(throws: ServiceError.self) { try ResponseDecoder.decode(response, for: operation) }
    #expect(!error.isUnreadable)
    if let code = vector.content["errorCode"]?.string { #expect(error.code == code) }
    if let message = vector.content["errorMessage"]?.string, !message.isEmpty { #expect(error.message == message) }
    let members = vector.content["error"]?.object ?? JSONObject()
    guard !members.isEmpty else { return }
    let resolve = try #require(operation.errors[error.code] ?? operation.errors.values.first)
    let shape = resolve()
    let details = try #require(error.details)
    #expect(readable(details, shape) == readable(try Fields(vector: members, shape), shape))
  }

  /// By names, so that a failure can be read, and with numbers that are none equal to themselves.
  private func readable(_ fields: Fields, _ shape: StructureShape) -> String {
    let members = shape.members.enumerated().compactMap { index, member in
      fields[index].map { value in
        "\(member.name): \(readable(value, member.shape, isJSON: member.traits.contains(.jsonValue)))"
      }
    }
    return "{\(members.joined(separator: ", "))}"
  }

  private func readable(_ value: Document, _ shape: Shape, isJSON: Bool = false) -> String {
    switch (value, shape) {
    case (.structure(let fields), .structure(let resolve)): return readable(fields, resolve())
    case (.list(let items), .list(let list)):
      return "[\(items.map { readable($0, list.element) }.joined(separator: ", "))]"
    case (.map(let entries), .map(let map)):
      let texts = entries.map { "\($0.key): \(readable($0.value, map.value))" }
      return "map[\(texts.sorted().joined(separator: ", "))]"
    case (.string(let text), _) where isJSON:
      return (try? JSON(parsing: text).text()) ?? text
    case (.json(let json), _): return json.text()
    default: return "\(value)"
    }
  }
}
