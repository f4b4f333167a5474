// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A role assumed with a token that somebody else signed, as EKS and the OIDC of CI services give one:
/// `AWS_ROLE_ARN`, `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_SESSION_NAME`.
struct WebIdentityCredentials: CredentialProvider {
  let name = "web identity"
  private let context: ClientContext
  private let sts: STSClient

  init(_ context: ClientContext, _ sts: STSClient) {
    self.context = context
    self.sts = sts
  }

  func load() async throws(CallError) -> CredentialLookup {
    guard let file = context.variable("AWS_WEB_IDENTITY_TOKEN_FILE") else {
      return .absent("AWS_WEB_IDENTITY_TOKEN_FILE is not set")
    }
    guard let role = context.variable("AWS_ROLE_ARN") else {
      throw .credentials("AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN; name the role to assume")
    }
    return .found(
      try await Self.assume(
        role, tokenFile: file.expandingTilde(home: context.settings.home),
        sessionName: context.variable("AWS_ROLE_SESSION_NAME"), sts))
  }

  /// The file is read each time: whoever keeps it there replaces the token before it expires.
  static func assume(
    _ role: String, tokenFile: String, sessionName: String?, _ sts: STSClient
  ) async throws(CallError) -> Credentials {
    guard let token = try TextFile.read(tokenFile) else {
      throw .credentials("the web identity token file \"\(tokenFile)\" does not exist")
    }
    return try await sts.assumeRole(role, webIdentityToken: Substring(token).trimmed, sessionName: sessionName)
  }
}
