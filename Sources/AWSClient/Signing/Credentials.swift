// SPDX-License-Identifier: Apache-2.0

/// What a request is signed with.
package struct Credentials: Sendable, Hashable {
  package var accessKeyID: String
  package var secretAccessKey: String
  package var sessionToken: String?
  /// nil when they do not expire.
  package var expiration: Timestamp?

  package init(
    accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Timestamp? = nil
  ) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiration = expiration
  }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The key id alone: the secret parts never reach a log, a crash report or a debugger's dump.
  package var description: String { "credentials \(accessKeyID)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

extension Credentials {
  /// A text from outside without the secret parts of these credentials, should it quote them.
  func redacted(_ text: String) -> String {
    [secretAccessKey, sessionToken ?? ""].filter { !$0.isEmpty }.reduce(text) { $0.replacing($1, with: "[redacted]") }
  }
}
