// SPDX-License-Identifier: Apache-2.0

import Core
import Logging

@testable import AWSClient

/// A service that speaks JSON, in a few operations that differ in what may be repeated.
enum TestOperations {
  static let service = ServiceModel(
    name: "logs", serviceID: "CloudWatch Logs", endpointPrefix: "logs", signingName: "logs", wireProtocol: .json,
    apiVersion: "2014-03-28", targetPrefix: "Logs_20140328", jsonVersion: "1.1")

  private static let input = StructureShape("Input", [Member("name", .string), Member("nextToken", .string)])
  private static let tokenInput = StructureShape(
    "TokenInput", [Member("name", .string), Member("clientToken", .string, .idempotencyToken)])
  private static let output = StructureShape(
    "Output", [Member("items", .list(.string)), Member("nextToken", .string)])

  static let describe = OperationModel(
    service, "DescribeThings", input: input, output: output, isReadOnly: true,
    pagination: Pagination(inputTokens: ["nextToken"], outputTokens: ["nextToken"]))
  static let create = OperationModel(service, "CreateThing", input: input, output: output)
  static let createWithToken = OperationModel(service, "CreateThingOnce", input: tokenInput, output: output)
}

/// Answers requests as the test says, and keeps them.
final class ScriptedTransport: Transport {
  typealias Answer = @Sendable (HTTPRequest, Int) async throws(TransportError) -> HTTPResponse

  private let answer: Answer
  private let kept = Guarded([HTTPRequest]())

  init(_ answer: @escaping Answer) {
    self.answer = answer
  }

  /// One answer per request, the last one again and again.
  convenience init(_ answers: Result<HTTPResponse, TransportError>...) {
    self.init { _, number throws(TransportError) in try answers[min(number, answers.count - 1)].get() }
  }

  var requests: [HTTPRequest] { kept.withLock { $0 } }

  func send(_ request: HTTPRequest, within deadlines: Deadlines) async throws(TransportError) -> HTTPResponse {
    let number = kept.withLock { kept in
      kept.append(request)
      return kept.count - 1
    }
    return try await answer(request, number)
  }
}

extension HTTPResponse {
  static func json(
    _ text: String, status: Int = 200, headers: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    HTTPResponse(
      status: status,
      headers: [("x-amzn-RequestId", "r-1"), ("Content-Type", "application/x-amz-json-1.1")] + headers,
      body: Array(text.utf8))
  }

  static func error(
    _ code: String, status: Int = 400, headers: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    .json("{\"__type\":\"\(code)\",\"message\":\"because\"}", status: status, headers: headers)
  }
}
