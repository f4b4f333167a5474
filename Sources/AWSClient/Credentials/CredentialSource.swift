// SPDX-License-Identifier: Apache-2.0

package import Core

/// Where a client gets what it signs with.
package protocol CredentialSource: Sendable {
  /// Credentials that have not expired. Fails with `denied` when there are none.
  func credentials() async throws(CallError) -> Credentials
  /// AWS has refused these as expired: the next call must not get them again, if there are others.
  func reject(_ credentials: Credentials) async
}

/// Credentials that are what they are.
package struct StaticCredentials: CredentialSource {
  private let value: Credentials

  package init(_ value: Credentials) {
    self.value = value
  }

  package func credentials() async throws(CallError) -> Credentials { value }
  package func reject(_ credentials: Credentials) async {}
}

/// For operations that are not signed.
package struct NoCredentials: CredentialSource {
  package init() {}

  package func credentials() async throws(CallError) -> Credentials {
    throw CallError(.denied, code: "NoCredentials", message: "this client was made for calls that are not signed")
  }
  package func reject(_ credentials: Credentials) async {}
}
