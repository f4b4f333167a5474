// SPDX-License-Identifier: Apache-2.0

package import Core

/// Puts a call into the words of its service's protocol.
package enum RequestEncoder {
  /// The request, complete but for its signature.
  ///
  /// Fails with `invalid` when a member that the address needs is absent or empty.
  package static func encode(
    _ input: Fields, for operation: OperationModel, to endpoint: Endpoint
  ) throws(CallError) -> HTTPRequest {
    var request = HTTPRequest(
      method: operation.method, scheme: endpoint.scheme,
      host: try hostPrefix(of: operation, input) + endpoint.host, path: endpoint.path + "/")
    switch operation.service.wireProtocol {
    case .query: QueryEncoder.encode(input, for: operation, dialect: .query, into: &request)
    case .ec2: QueryEncoder.encode(input, for: operation, dialect: .ec2, into: &request)
    case .json: encodeJSON(input, for: operation, into: &request)
    case .restJSON, .restXML:
      try RESTEncoder.encode(input, for: operation, to: endpoint, into: &request)
    }
    return request
  }

  private static func encodeJSON(_ input: Fields, for operation: OperationModel, into request: inout HTTPRequest) {
    let service = operation.service
    request.headers = [
      ("Content-Type", "application/x-amz-json-\(service.jsonVersion ?? "1.0")"),
      ("X-Amz-Target", "\(service.targetPrefix.map { "\($0)." } ?? "")\(operation.name)"),
    ]
    if service.isQueryCompatible { request.headers.append(("x-amzn-query-mode", "true")) }
    request.body = JSONBody.encode(input, operation.input).utf8(keys: .kept)
  }

  private static func hostPrefix(of operation: OperationModel, _ input: Fields) throws(CallError) -> String {
    guard var prefix = operation.hostPrefix else { return "" }
    for (index, member) in operation.input.members.enumerated() where member.traits.contains(.hostLabel) {
      guard case .string(let label) = input[index], isHostLabel(label) else {
        throw invalid(operation, "\(member.name) must be letters, digits, hyphens and dots: it is part of the host")
      }
      prefix = prefix.replacing("{\(member.name)}", with: label)
    }
    return prefix
  }

  private static func isHostLabel(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  static func invalid(_ operation: OperationModel, _ message: String) -> CallError {
    CallError(.invalid, code: "InvalidParameter", message: message, operation: operation.fullName)
  }
}
