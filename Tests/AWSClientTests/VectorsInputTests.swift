// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

/// botocore's protocol cases for requests.
@Suite("Protocol vectors: input")
struct VectorsInputTests {
  static let cases = VectorCase.all("input")

  @Test("no case is missing")
  func count() {
    #expect(Self.cases.count == 350 + 162)
    #expect(Self.cases.filter(\.isLeftOut).count == 16)
  }

  @Test("what is left out exists")
  func leftOut() {
    let cases = Self.cases + VectorCase.all("output")
    for row in VectorCase.leftOut { #expect(cases.contains { $0.isNamed(row.prefix) }, "\(row.prefix)") }
  }

  @Test("the request is as the case has it", arguments: cases.filter { !$0.isLeftOut })
  func request(_ vector: VectorCase) throws {
    let operation = try vector.operation()
    let expected = try #require(vector.content["serialized"]?.object)
    var input = try Fields(vector: vector.content["params"]?.object ?? JSONObject(), operation.input)
    for index in operation.input.idempotencyTokens where input[index] == nil {
      input[index] = .string("00000000-0000-4000-8000-000000000000")
    }
    let request = try RequestEncoder.encode(input, for: operation, to: try endpoint(vector))

    if let method = expected["method"]?.string { #expect(request.method == method) }
    if let host = expected["host"]?.string {
      #expect(request.host == host.split(separator: "/").first.map(String.init))
    }
    if let uri = expected["uri"]?.string { expectAddress(of: request, uri) }
    try expectHeaders(of: request, expected, isLegacy: vector.file.hasPrefix("legacy/"))
    if let body = expected["body"]?.string { try expectBody(of: request, body, operation) }
  }

  private func endpoint(_ vector: VectorCase) throws -> Endpoint {
    guard let text = vector.suite["clientEndpoint"]?.string else { return Endpoint(host: "example.com") }
    let rest = try #require(text.split(separator: "://").last)
    let host = rest.prefix { $0 != "/" }
    let path = rest.dropFirst(host.count)
    return Endpoint(host: String(host), path: path == "/" ? "" : String(path))
  }

  private func expectAddress(of request: HTTPRequest, _ uri: String) {
    let halves = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    #expect(request.path == halves.first.map(String.init))
    let pairs = halves.count > 1 ? halves[1].split(separator: "&").map { $0.contains("=") ? String($0) : "\($0)=" } : []
    #expect(request.query.map { "\($0.name)=\($0.value)" }.sorted() == pairs.sorted())
  }

  private func expectHeaders(of request: HTTPRequest, _ expected: JSONObject, isLegacy: Bool) throws {
    for (name, value) in expected["headers"]?.object?.members ?? [] {
      let values = request.headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
      var text = try #require(value.string)
      // The old cases have a needless parameter, and lists without spaces.
      if isLegacy {
        text = text.replacing("; charset=utf-8", with: "")
        if name != "Content-Type" { text = text.replacing(", ", with: ",").replacing(",", with: ", ") }
      }
      #expect(values == [text], "\(name)")
    }
    let names = Set(request.headers.map { $0.name.lowercased() })
    for name in expected["requireHeaders"]?.array?.compactMap(\.string) ?? [] where name != "Content-Length" {
      #expect(names.contains(name.lowercased()), "\(name)")
    }
    for name in expected["forbidHeaders"]?.array?.compactMap(\.string) ?? [] {
      #expect(!names.contains(name.lowercased()), "\(name)")
    }
  }

  private func expectBody(of request: HTTPRequest, _ expected: String, _ operation: OperationModel) throws {
    let body = String(decoding: request.body, as: UTF8.self)
    switch operation.service.wireProtocol {
    case .query, .ec2:
      #expect(body.split(separator: "&").sorted() == expected.split(separator: "&").sorted())
    case .json:
      #expect(try JSON(parsing: body) == JSON(parsing: expected))
    case .restJSON:
      if let json = try? JSON(parsing: expected) {
        #expect(try JSON(parsing: body) == json)
      } else {
        #expect(body == expected)
      }
    case .restXML:
      if let xml = try? XMLNode(parsing: Array(expected.utf8)) {
        #expect(try XMLNode(parsing: request.body).unordered == xml.unordered)
      } else {
        #expect(body == expected)
      }
    }
  }
}

extension XMLNode {
  /// A form in which the order of siblings does not count: structures have none, and no case has a list of mixed elements.
  var unordered: String {
    let attributes = attributes.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let inside = children.isEmpty ? text : children.map(\.unordered).sorted().joined()
    return "<\(name)\(attributes)>\(inside)</\(name)>"
  }
}
