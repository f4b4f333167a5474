// SPDX-License-Identifier: Apache-2.0

/// An answer that is an error.
package struct ServiceError: Error, Sendable, Hashable {
  /// AWS's code without namespace: `DBClusterAlreadyExistsFault`; the HTTP status when the answer names none;
  /// `UnreadableAnswer` when `isUnreadable`.
  package var code: String
  package var message: String
  package var requestID: String?
  package var status: Int
  /// The members of the error's shape, where the operation's model has one that says more than a message.
  package var details: Fields?
  /// The service took the call and its answer makes no sense: whether the call was carried out is not known.
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
