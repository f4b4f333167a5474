// SPDX-License-Identifier: Apache-2.0

internal import Core

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: CredentialProvider {
  let name = "environment"
  private let environment: [String: String]

  init(_ environment: [String: String]) {
    self.environment = environment
  }

  func load() async throws(CallError) -> CredentialLookup {
    switch (environment["AWS_ACCESS_KEY_ID"].nonEmpty, environment["AWS_SECRET_ACCESS_KEY"].nonEmpty) {
    case (let key?, let secret?):
      return .found(
        Credentials(
          accessKeyID: key, secretAccessKey: secret,
          sessionToken: environment["AWS_SESSION_TOKEN"].nonEmpty ?? environment["AWS_SECURITY_TOKEN"].nonEmpty))
    case (nil, nil): return .absent("AWS_ACCESS_KEY_ID is not set")
    case (_?, nil): throw .credentials("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY; set both or neither")
    case (nil, _?): throw .credentials("AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID; set both or neither")
    }
  }
}
