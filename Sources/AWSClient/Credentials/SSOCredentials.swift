// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A role of IAM Identity Center, by the token that `aws sso login` left in `~/.aws/sso/cache`.
struct SSOCredentials: Sendable {
  /// A profile's part of it.
  struct Settings: Sendable, Hashable {
    let profile: String
    let account: String
    let role: String
    let region: String
    /// What the token's file is named after: the session's name or, in the older form, the start address.
    let cacheKey: String
    /// Only tokens of a named session can be renewed without a person.
    let hasSession: Bool

    /// nil when the profile does not use SSO; fails when it does and lacks something.
    init?(_ profile: Profile, name: String, _ files: SharedConfiguration) throws(CallError) {
      let own = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name"]
      guard own.contains(where: { profile[$0].nonEmpty != nil }) else { return nil }
      var settings = profile
      if let session = profile["sso_session"].nonEmpty {
        guard let shared = files.ssoSessions[session] else {
          throw .credentials(
            "profile \"\(name)\" refers to the section \"[sso-session \(session)]\", which does not exist")
        }
        settings.merge(shared) { _, shared in shared }
      }
      func required(_ key: String) throws(CallError) -> String {
        guard let value = settings[key].nonEmpty else {
          throw .credentials("profile \"\(name)\" uses SSO and lacks \"\(key)\"")
        }
        return value
      }
      self.profile = name
      account = try required("sso_account_id")
      role = try required("sso_role_name")
      region = try required("sso_region")
      let start = try required("sso_start_url")
      hasSession = profile["sso_session"].nonEmpty != nil
      cacheKey = profile["sso_session"].nonEmpty ?? start
    }
  }

  private let settings: Settings
  private let context: ClientContext
  private let endpoints: EndpointResolver

  init(_ settings: Settings, _ context: ClientContext, _ endpoints: EndpointResolver) {
    self.settings = settings
    self.context = context
    self.endpoints = endpoints
  }

  func load() async throws(CallError) -> Credentials {
    let caller = Caller(context.parts(NoCredentials(), try endpoints.moved(to: settings.region)))
    let token = try await SSOToken.current(settings, context, caller)
    let operation = SSOOperations.getRoleCredentials
    var input = Fields(count: operation.input.members.count)
    input.set(0, settings.role)
    input.set(1, settings.account)
    input.set(2, token)
    let output: Fields
    do {
      output = try await caller.call(operation, input)
    } catch let error where error.code == "UnauthorizedException" || error.status == 401 {
      throw SSOToken.login(settings, "the SSO session is no longer accepted")
    }
    guard case .structure(let result) = output[0], let key: String = result.get(0), let secret: String = result.get(1)
    else {
      throw .credentials("SSO gave no credentials of the role \"\(settings.role)\" in account \(settings.account)")
    }
    let milliseconds: Int? = result.get(3)
    return Credentials(
      accessKeyID: key, secretAccessKey: secret, sessionToken: result.get(2),
      expiration: milliseconds.map { Timestamp(secondsSinceEpoch: Double($0) / 1000) })
  }
}

/// The operations of IAM Identity Center behind it, as their service models have them.
enum SSOOperations {
  private static let portal = ServiceModel(
    name: "sso", serviceID: "SSO", endpointPrefix: "portal.sso", signingName: "awsssoportal", wireProtocol: .restJSON,
    apiVersion: "2019-06-10")
  private static let oidc = ServiceModel(
    name: "sso-oidc", serviceID: "SSO OIDC", endpointPrefix: "oidc", signingName: "sso-oauth", wireProtocol: .restJSON,
    apiVersion: "2019-06-10")

  static let getRoleCredentials = OperationModel(
    portal, "GetRoleCredentials", method: "GET", requestURI: "/federation/credentials",
    input: StructureShape(
      "GetRoleCredentialsRequest",
      [
        Member("roleName", .string, as: "role_name", in: .querystring, .required),
        Member("accountId", .string, as: "account_id", in: .querystring, .required),
        Member("accessToken", .string, as: "x-amz-sso_bearer_token", in: .header, .required),
      ]),
    output: StructureShape("GetRoleCredentialsResponse", [Member("roleCredentials", .structure { roleCredentials })]),
    authorization: .anonymous, isReadOnly: true)

  private static let roleCredentials = StructureShape(
    "RoleCredentials",
    [
      Member("accessKeyId", .string), Member("secretAccessKey", .string), Member("sessionToken", .string),
      Member("expiration", .integer),
    ])

  /// A refresh token may be good for one use only: not to be repeated once it has been sent.
  static let createToken = OperationModel(
    oidc, "CreateToken", requestURI: "/token",
    input: StructureShape(
      "CreateTokenRequest",
      [
        Member("clientId", .string, .required), Member("clientSecret", .string, .required),
        Member("grantType", .string, .required), Member("refreshToken", .string),
      ]),
    output: StructureShape(
      "CreateTokenResponse",
      [Member("accessToken", .string), Member("expiresIn", .integer), Member("refreshToken", .string)]),
    authorization: .anonymous)
}
