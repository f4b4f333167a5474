// SPDX-License-Identifier: Apache-2.0

/// One operation of a service, typed: `RDS.createDBCluster`.
package struct Operation<Input: InputStructure, Output: OutputStructure>: Sendable {
  package let model: OperationModel

  package init(_ model: OperationModel) {
    self.model = model
  }
}

/// One operation of a service, as its model has it.
package final class OperationModel: Sendable {
  package let service: ServiceModel
  /// AWS's name: `CreateDBCluster`.
  package let name: String
  package let method: String
  /// With `{labels}` and, perhaps, a fixed query: `/2013-04-01/hostedzone/{Id}/rrset/`.
  package let requestURI: String
  package let input: StructureShape
  package let output: StructureShape
  /// `query`: the element that holds the output.
  package let resultWrapper: String?
  /// `rest-xml`: the name and namespace of the root element of a request.
  package let inputElement: String?
  package let inputNamespace: XMLNamespace?
  /// Put before the host, with labels.
  package let hostPrefix: String?
  package let authorization: Authorization
  /// The service takes its body only with a checksum in a header.
  package let requiresChecksum: Bool
  /// It changes nothing, judged by its name: `Describe…`, `Get…`, `List…`, ...
  package let isReadOnly: Bool
  package let pagination: Pagination?
  /// The shapes of errors that carry more than a message, by code.
  package let errors: [String: @Sendable () -> StructureShape]

  package enum Authorization: Sendable, Hashable {
    case signed
    /// Signed, but for the body.
    case unsignedBody
    /// Not signed: the call is how credentials are got.
    case anonymous
  }

  package init(
    _ service: ServiceModel, _ name: String, method: String = "POST", requestURI: String = "/",
    input: StructureShape, output: StructureShape, resultWrapper: String? = nil, inputElement: String? = nil,
    inputNamespace: XMLNamespace? = nil, hostPrefix: String? = nil, authorization: Authorization = .signed,
    requiresChecksum: Bool = false, isReadOnly: Bool = false, pagination: Pagination? = nil,
    errors: [String: @Sendable () -> StructureShape] = [:]
  ) {
    self.service = service
    self.name = name
    self.method = method
    self.requestURI = requestURI
    self.input = input
    self.output = output
    self.resultWrapper = resultWrapper
    self.inputElement = inputElement
    self.inputNamespace = inputNamespace
    self.hostPrefix = hostPrefix
    self.authorization = authorization
    self.requiresChecksum = requiresChecksum
    self.isReadOnly = isReadOnly
    self.pagination = pagination
    self.errors = errors
  }

  /// `rds CreateDBCluster`, as commands, logs and errors name it.
  package var fullName: String { "\(service.name) \(name)" }

  /// A repeated request with the same token is the same request to AWS.
  package var hasIdempotencyToken: Bool { !input.idempotencyTokens.isEmpty }
}

extension OperationModel: CustomStringConvertible {
  package var description: String { fullName }
}
