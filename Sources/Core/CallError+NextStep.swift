// SPDX-License-Identifier: Apache-2.0

extension CallError {
  /// What a person does next about this failure.
  package var nextStep: String {
    if let step = Self.nextSteps.first(where: { code.hasPrefix($0.code) })?.step { return step }
    switch category {
    case .denied: return "allow the call for these credentials, then run the same command again"
    case .throttled, .unavailable, .ambiguous:
      return "check the endpoint and the network, then run the same command again; it goes on from here"
    // Whatever was in the way goes by itself.
    case .conflict, .cancelled: return "run the same command again; it goes on from here"
    case .notFound, .alreadyExists, .invalid:
      return "correct the cause, then run the same command again; it goes on from here"
    }
  }

  /// Codes that say more than their category; the longest prefix first.
  private static let nextSteps: [(code: String, step: String)] = [
    ("NoCredentials", "name a profile (AWS_PROFILE), sign in (aws sso login), or set AWS_ACCESS_KEY_ID and its secret"),
    ("CredentialsUnavailable", "correct where these credentials come from, or choose another profile (AWS_PROFILE)"),
    ("Expired", "renew the credentials (aws sso login, a new session), then run the same command again"),
    ("RequestTimeTooSkewed", "set this machine's clock, then run the same command again"),
    ("RequestExpired", "set this machine's clock, then run the same command again"),
    ("InvalidClientTokenId", "these keys are not known to AWS: choose other credentials (AWS_PROFILE)"),
    ("UnrecognizedClient", "these keys are not known to AWS: choose other credentials (AWS_PROFILE)"),
    ("SignatureDoesNotMatch", "the secret does not belong to the access key: correct the credentials"),
    ("InvalidEndpoint", "correct AWS_ENDPOINT_URL, or leave it unset"),
    ("TLS", "set AWS_CA_BUNDLE to the authority that signed the server's certificate, or correct the endpoint"),
    ("UnknownRegion", "correct \"region\" in the spec"),
  ]
}
