// SPDX-License-Identifier: Apache-2.0

/// How a call failed, sorted by what the caller may do next.
package struct CallError: Error, Sendable, Hashable {
  package enum Category: String, Sendable, Hashable, CaseIterable {
    /// It is not there (or not visible yet).
    case notFound
    case alreadyExists
    /// Too fast: the same call succeeds later.
    case throttled
    /// Something else is going on with it, or something depends on it: the same call may succeed later.
    case conflict
    /// The request is wrong; repeating it changes nothing.
    case invalid
    /// Credentials or permission; repeating it changes nothing.
    case denied
    /// It was not carried out, through no fault of the request: repeat it.
    case unavailable
    /// It may have been carried out: observe before trying again.
    case ambiguous
    /// The run was cancelled before the call was made.
    case cancelled
  }

  package var category: Category
  /// AWS's own error code (`DBClusterAlreadyExistsFault`), or ours when there was no answer (`ConnectTimeout`).
  package var code: String
  package var message: String
  package var requestID: String?
  /// `rds CreateDBCluster`.
  package var operation: String?
  /// HTTP status, when there was an answer.
  package var status: Int?

  /// The id of what AWS answered a create with, when nothing is to be seen of it.
  package var answeredID: String?

  package init(
    _ category: Category, code: String, message: String, requestID: String? = nil, operation: String? = nil,
    status: Int? = nil, answeredID: String? = nil
  ) {
    self.category = category
    self.code = code
    self.message = message
    self.requestID = requestID
    self.operation = operation
    self.status = status
    self.answeredID = answeredID
  }
}

extension CallError: CustomStringConvertible {
  /// `rds CreateDBCluster: DBClusterAlreadyExistsFault: the cluster exists (request 1f0c…)`.
  package var description: String {
    var text = operation.map { "\($0): " } ?? ""
    text += "\(code): \(message)"
    if let requestID { text += " (request \(requestID))" }
    return text
  }
}
