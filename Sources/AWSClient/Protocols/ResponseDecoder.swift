// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Reads what a service answered.
package enum ResponseDecoder {
  /// The output of a call that succeeded.
  package struct Answer: Sendable {
    package let output: Fields
    package let requestID: String?
  }

  /// Fails with what the service said went wrong, or with `isUnreadable` when the answer makes no sense.
  package static func decode(
    _ response: HTTPResponse, for operation: OperationModel
  ) throws(ServiceError) -> Answer {
    guard (200..<300).contains(response.status) else { throw ErrorDecoder.decode(response, for: operation) }
    do {
      switch operation.service.wireProtocol {
      case .query, .ec2: return try decodeXML(response, operation)
      case .json:
        return Answer(
          output: try JSONBody.decode(try json(response), operation.output), requestID: response.requestID)
      case .restJSON, .restXML:
        return Answer(
          output: try RESTDecoder.decode(response, operation.output, operation.service.wireProtocol),
          requestID: response.requestID)
      }
    } catch {
      throw ServiceError(
        code: "UnreadableAnswer", message: error.description, requestID: response.requestID, status: response.status,
        isUnreadable: true)
    }
  }

  private static func decodeXML(_ response: HTTPResponse, _ operation: OperationModel) throws(Unreadable) -> Answer {
    if response.body.isEmpty && operation.output.members.isEmpty {
      return Answer(output: Fields(count: 0), requestID: response.requestID)
    }
    let root = try XMLNode(parsing: response.body)
    let requestID = response.requestID ?? root.requestID
    guard let wrapper = operation.resultWrapper else {
      return Answer(output: try XMLBody.decode(root, operation.output), requestID: requestID)
    }
    guard let result = root.child(wrapper) else { throw Unreadable("no <\(wrapper)> in <\(root.name)>") }
    return Answer(output: try XMLBody.decode(result, operation.output), requestID: requestID)
  }

  /// An empty body is an empty object.
  static func json(_ response: HTTPResponse) throws(Unreadable) -> JSON {
    if response.body.isEmpty { return [:] }
    do {
      return try JSON(parsing: response.body)
    } catch {
      throw Unreadable("not JSON: \(error)")
    }
  }
}

extension HTTPResponse {
  /// The headers in which services put the request's id, whatever their protocol.
  var requestID: String? {
    header("x-amzn-RequestId") ?? header("x-amzn-request-id") ?? header("x-amz-request-id")
  }
}

extension XMLNode {
  /// Each protocol has its own place for it.
  var requestID: String? {
    let node =
      child("ResponseMetadata")?.child("RequestId") ?? child("RequestId") ?? child("requestId")
      ?? child("RequestID")
    return node.flatMap { $0.text.isEmpty ? nil : $0.text }
  }
}
