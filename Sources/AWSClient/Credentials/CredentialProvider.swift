// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Logging

/// One place where credentials can be found.
///
/// Errors and reasons name variables, files and addresses, never what they hold.
protocol CredentialProvider: Sendable {
  /// As people know it: `environment`, `profile "dev"`.
  var name: String { get }
  /// Fails when the place is set up and does not work: then nothing further down is tried, because credentials other than
  /// those that were meant are worse than none.
  func load() async throws(CallError) -> CredentialLookup
}

enum CredentialLookup: Sendable {
  case found(Credentials)
  /// Not set up, and in what way.
  case absent(String)
}

extension CallError {
  /// A place that is set up and does not work.
  static func credentials(_ message: String) -> CallError {
    CallError(.denied, code: "CredentialsUnavailable", message: message)
  }
}

/// Places that are looked at one after the other.
struct CredentialChain: CredentialProvider {
  let name = "credentials chain"
  private let providers: [any CredentialProvider]
  private let logger: Logger

  init(_ providers: [any CredentialProvider], logger: Logger) {
    self.providers = providers
    self.logger = logger
  }

  /// The order of AWS's own tools.
  static func standard(_ context: ClientContext, _ endpoints: EndpointResolver) -> CredentialChain {
    let sts = STSClient(context, endpoints)
    let profile = ProfileCredentials(context, endpoints, sts)
    let logger = context.settings.logger
    // Whoever names a profile on the command line wants that one, whatever the environment holds.
    if context.settings.profile.nonEmpty != nil { return CredentialChain([profile], logger: logger) }
    return CredentialChain(
      [
        EnvironmentCredentials(context.settings.environment), WebIdentityCredentials(context, sts), profile,
        ContainerCredentials(context), InstanceCredentials(context),
      ], logger: logger)
  }

  func load() async throws(CallError) -> CredentialLookup {
    var reasons: [String] = []
    for provider in providers {
      switch try await provider.load() {
      case .found(let credentials):
        logger.debug("credentials from \(provider.name)")
        return .found(credentials)
      case .absent(let reason): reasons.append("\(provider.name): \(reason)")
      }
    }
    return .absent(reasons.joined(separator: "; "))
  }
}
