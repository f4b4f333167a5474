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
    throw CallError(.invalid, code: "NotEncoded", message: "\(operation)")
  }
}
