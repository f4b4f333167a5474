// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Reads answers that are errors. Whatever the body, there is an error to report: at least the status.
enum ErrorDecoder {
  static func decode(_ response: HTTPResponse, for operation: OperationModel) -> ServiceError {
    var error: ServiceError
    switch operation.service.wireProtocol {
    case .query, .ec2, .restXML: error = decodeXML(response, operation)
    case .json, .restJSON: error = decodeJSON(response, operation)
    }
    error.message = error.message.withoutSignedRequest
    error.retryAfter = response.header("Retry-After").flatMap(Double.init).flatMap { $0 >= 0 ? $0 : nil }
    return error
  }

  /// When the body is not the service's: a proxy's page, or nothing.
  private static func bare(_ response: HTTPResponse) -> ServiceError {
    ServiceError(
      code: String(response.status), message: "HTTP status \(response.status) without an explanation",
      requestID: response.requestID, status: response.status)
  }

  // MARK: XML

  private static func decodeXML(_ response: HTTPResponse, _ operation: OperationModel) -> ServiceError {
    guard let root = try? XMLNode(parsing: response.body), root.name.lowercased() != "html" else {
      return bare(response)
    }
    let body = root.errorBody
    let code = body.child("Code")?.text ?? (body.name == "Error" ? "" : body.name)
    var error = bare(response)
    if !code.isEmpty { error.code = code }
    error.message = message(of: body) ?? error.message
    error.requestID = response.requestID ?? root.requestID ?? body.requestID
    if let shape = operation.errors[code]?() {
      error.details =
        operation.service.wireProtocol == .restXML
        ? try? RESTDecoder.details(response, body, shape) : try? XMLBody.decode(body, shape)
    }
    return error
  }

  /// Route 53's `InvalidChangeBatch` has a list of messages and, in one of its two forms, no other.
  private static func message(of body: XMLNode) -> String? {
    if let message = body.child("Message") ?? body.child("message"), !message.text.isEmpty { return message.text }
    let several = (body.child("Messages") ?? body.child("messages"))?.children.map(\.text) ?? []
    return several.isEmpty ? nil : several.joined(separator: "; ")
  }

  // MARK: JSON

  private static func decodeJSON(_ response: HTTPResponse, _ operation: OperationModel) -> ServiceError {
    let body = try? ResponseDecoder.json(response).object
    var error = bare(response)
    let named =
      response.header("x-amzn-ErrorType") ?? body?["__type"]?.string ?? body?["code"]?.string
      ?? body?["Code"]?.string
    let code = named.map(bareCode) ?? ""
    if !code.isEmpty { error.code = code }
    error.message =
      body?["message"]?.string ?? body?["Message"]?.string ?? body?["errorMessage"]?.string
      ?? error.message
    // `Code;Sender`: the code of the days when the service spoke query.
    if let old = response.header("x-amzn-query-error")?.split(separator: ";").first { error.code = String(old) }
    if let shape = operation.errors[error.code]?() ?? operation.errors[code]?(), body != nil {
      error.details = try? RESTDecoder.decode(response, shape, operation.service.wireProtocol)
    }
    return error
  }

  /// `com.amazonaws.kms#NotFoundException:http://...` → `NotFoundException`.
  private static func bareCode(_ text: String) -> String {
    let name = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
    return String(name.split(separator: "#").last ?? "")
  }
}

extension String {
  /// The message without the request that AWS quotes, headers and session token included, when a signature does not
  /// match: its first line says all that is needed.
  fileprivate var withoutSignedRequest: String {
    let words = lowercased()
    let quotes = ["canonical string", "string-to-sign", "x-amz-security-token"].contains { words.contains($0) }
    guard quotes else { return self }
    return split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  }
}

extension XMLNode {
  /// The element with code and message: each protocol wraps it in its own way.
  fileprivate var errorBody: XMLNode {
    child("Error") ?? child("Errors")?.child("Error") ?? self
  }
}

extension RESTDecoder {
  /// An error's members from headers and from the element that the error stands in.
  fileprivate static func details(
    _ response: HTTPResponse, _ body: XMLNode, _ shape: StructureShape
  ) throws(Unreadable) -> Fields {
    let inBody = try XMLBody.decode(body, shape)
    var fields = try headers(response, shape)
    for index in shape.members.indices where fields[index] == nil { fields[index] = inBody[index] }
    return fields
  }
}
