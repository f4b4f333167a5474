// SPDX-License-Identifier: Apache-2.0

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
    throw ServiceError(code: "NotDecoded", message: "\(operation)", status: response.status)
  }
}

/// An answer that is an error.
package struct ServiceError: Error, Sendable, Hashable {
  /// AWS's code without namespace: `DBClusterAlreadyExistsFault`. `UnreadableAnswer` when `isUnreadable`.
  package var code: String
  package var message: String
  package var requestID: String?
  package var status: Int
  /// The members of the modelled error shape, where there is one.
  package var details: Fields?
  /// The answer, whatever its status, could not be read: whether the call was carried out is not known.
  package var isUnreadable: Bool
  /// Seconds to wait before the next attempt, when the service said so (`Retry-After`).
  package var retryAfter: Double?

  package init(
    code: String, message: String, requestID: String? = nil, status: Int, details: Fields? = nil,
    isUnreadable: Bool = false, retryAfter: Double? = nil
  ) {
    self.code = code
    self.message = message
    self.requestID = requestID
    self.status = status
    self.details = details
    self.isUnreadable = isUnreadable
    self.retryAfter = retryAfter
  }
}
