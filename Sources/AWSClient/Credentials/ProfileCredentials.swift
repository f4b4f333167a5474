// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A profile of the shared files, in any of the ways in which a profile can name credentials.
///
/// Within a profile the order is botocore's: a role to assume, a web identity, SSO, keys, a process.
struct ProfileCredentials: CredentialProvider {
  private let context: ClientContext
  private let endpoints: EndpointResolver
  private let sts: STSClient

  init(_ context: ClientContext, _ endpoints: EndpointResolver, _ sts: STSClient) {
    self.context = context
    self.endpoints = endpoints
    self.sts = sts
  }

  private var profileName: String { context.settings.chosenProfile ?? "default" }
  var name: String { "profile \"\(profileName)\"" }

  func load() async throws(CallError) -> CredentialLookup {
    guard let profile = context.files.profiles[profileName] else {
      guard context.settings.chosenProfile == nil else { throw missing(profileName, neededBy: nil) }
      return .absent("it is in neither the config nor the credentials file")
    }
    if let role = profile["role_arn"].nonEmpty {
      return .found(try await assume(role, of: profile, name: profileName, path: [profileName]))
    }
    if let credentials = try await direct(profile, name: profileName) { return .found(credentials) }
    return .absent("it names no credentials")
  }

  // MARK: Roles

  private func assume(
    _ arn: String, of profile: Profile, name: String, path: [String]
  ) async throws(CallError) -> Credentials {
    if let file = profile["web_identity_token_file"].nonEmpty {
      return try await WebIdentityCredentials.assume(
        arn, tokenFile: file.expandingTilde(home: context.settings.home), sessionName: profile["role_session_name"],
        sts)
    }
    let source = try await source(of: profile, name: name, path: path)
    var role = STSClient.Role(arn: arn)
    role.sessionName = profile["role_session_name"]
    role.externalID = profile["external_id"].nonEmpty
    if let text = profile["duration_seconds"].nonEmpty {
      guard let seconds = Int(text) else {
        throw .credentials("\"duration_seconds\" of profile \"\(name)\" is \"\(text)\"; give a number of seconds")
      }
      role.duration = seconds
    }
    if let serial = profile["mfa_serial"].nonEmpty {
      role.mfaSerial = serial
      role.mfaCode = try await code(of: serial, for: name)
    }
    return try await sts.assumeRole(role, with: source)
  }

  private func code(of serial: String, for name: String) async throws(CallError) -> String {
    guard let ask = context.settings.askForCode else {
      throw .credentials(
        "profile \"\(name)\" needs a code of the MFA device \"\(serial)\" and there is no terminal to ask at")
    }
    guard let code = await ask(serial).nonEmpty else {
      throw .credentials("no code of the MFA device \"\(serial)\" was given, which profile \"\(name)\" needs")
    }
    return code
  }

  /// What a role is assumed with: `source_profile` or `credential_source`.
  private func source(
    of profile: Profile, name: String, path: [String]
  ) async throws(CallError) -> Credentials {
    switch (profile["source_profile"].nonEmpty, profile["credential_source"].nonEmpty) {
    case (_?, _?):
      throw .credentials("profile \"\(name)\" has both \"source_profile\" and \"credential_source\"; keep one")
    case (nil, nil):
      throw .credentials(
        "profile \"\(name)\" has a \"role_arn\" but neither \"source_profile\" nor \"credential_source\"")
    case (nil, let source?): return try await named(source, for: name)
    case (let source?, nil): return try await profileSource(source, neededBy: name, path: path)
    }
  }

  private func profileSource(
    _ source: String, neededBy name: String, path: [String]
  ) async throws(CallError) -> Credentials {
    guard let profile = context.files.profiles[source] else { throw missing(source, neededBy: name) }
    // As a source, keys of its own go before a role: that is how a profile can be its own source.
    if let keys = try Self.keys(profile, name: source) { return keys }
    if let role = profile["role_arn"].nonEmpty {
      guard !path.contains(source) else {
        throw .credentials(
          "the profiles \((path + [source]).map { "\"\($0)\"" }.joined(separator: " → ")) go in a circle")
      }
      return try await assume(role, of: profile, name: source, path: path + [source])
    }
    guard let credentials = try await direct(profile, name: source) else {
      throw .credentials("profile \"\(source)\", the source of \"\(name)\", names no credentials")
    }
    return credentials
  }

  /// `credential_source`: `Environment`, `EcsContainer` or `Ec2InstanceMetadata`.
  private func named(_ source: String, for name: String) async throws(CallError) -> Credentials {
    let provider: any CredentialProvider
    switch source.lowercased() {
    case "environment": provider = EnvironmentCredentials(context.settings.environment)
    case "ecscontainer": provider = ContainerCredentials(context)
    case "ec2instancemetadata": provider = InstanceCredentials(context)
    default:
      throw .credentials(
        "\"credential_source\" of profile \"\(name)\" is \"\(source)\"; use Environment, EcsContainer or Ec2InstanceMetadata"
      )
    }
    switch try await provider.load() {
    case .found(let credentials): return credentials
    case .absent(let reason):
      throw .credentials("the credential source of profile \"\(name)\", \(provider.name), gives nothing: \(reason)")
    }
  }

  // MARK: Other ways

  /// nil when the profile names none.
  private func direct(_ profile: Profile, name: String) async throws(CallError) -> Credentials? {
    if let sso = try SSOCredentials.Settings(profile, name: name, context.files) {
      return try await SSOCredentials(sso, context, endpoints).load()
    }
    if let keys = try Self.keys(profile, name: name) { return keys }
    if let command = profile["credential_process"].nonEmpty {
      return try await ProcessCredentials(command, profile: name, context).load()
    }
    return nil
  }

  private static func keys(_ profile: Profile, name: String) throws(CallError) -> Credentials? {
    switch (profile["aws_access_key_id"].nonEmpty, profile["aws_secret_access_key"].nonEmpty) {
    case (let key?, let secret?):
      return Credentials(
        accessKeyID: key, secretAccessKey: secret,
        sessionToken: profile["aws_session_token"].nonEmpty ?? profile["aws_security_token"].nonEmpty)
    case (nil, nil): return nil
    case (nil, _?), (_?, nil):
      throw .credentials("profile \"\(name)\" has only one of \"aws_access_key_id\" and \"aws_secret_access_key\"")
    }
  }

  private func missing(_ name: String, neededBy other: String?) -> CallError {
    let need = other.map { ", the source of \"\($0)\"," } ?? ""
    let known = context.files.profiles.keys.sorted().prefix(10).joined(separator: ", ")
    return .credentials(
      "profile \"\(name)\"\(need) is in neither the config nor the credentials file; the files have: \(known.isEmpty ? "none" : known)"
    )
  }
}
