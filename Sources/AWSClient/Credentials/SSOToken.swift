// SPDX-License-Identifier: Apache-2.0

internal import CCrypto
internal import Core

/// The access token of an SSO session, kept where the AWS command line keeps it.
enum SSOToken {
  /// A token is renewed when it has less than this left, in seconds.
  private static let renewalWindow = 900.0

  /// A token that has not expired; renewed, and written back for the other tools, where the session allows it.
  static func current(
    _ settings: SSOCredentials.Settings, _ context: ClientContext, _ caller: Caller
  ) async throws(CallError) -> String {
    guard let home = context.settings.home else {
      throw .credentials(
        "profile \"\(settings.profile)\" uses SSO, whose tokens are kept in a home directory, and there is none")
    }
    let path = "\(home)/.aws/sso/cache/\(fileName(settings.cacheKey)).json"
    guard let text = try TextFile.read(path) else { throw login(settings, "there is no SSO session yet") }
    guard let cached = try? JSON(parsing: text), let token = cached["accessToken"]?.string.nonEmpty,
      let expiration = cached["expiresAt"]?.string.flatMap({ Timestamp($0) })
    else { throw login(settings, "the kept SSO session cannot be read") }
    let now = context.settings.time.now().secondsSinceEpoch
    let left = expiration.secondsSinceEpoch - now
    guard left < renewalWindow else { return token }
    if settings.hasSession, let renewed = await renewed(cached, now: now, caller) {
      // If this fails the old one stays, and the next tool renews it again or asks for a login.
      _ = TextFile.replacePrivately(path, with: renewed.file)
      return renewed.token
    }
    guard left > 0 else { throw login(settings, "the SSO session has expired") }
    return token
  }

  static func login(_ settings: SSOCredentials.Settings, _ reason: String) -> CallError {
    .credentials("\(reason); run \"aws sso login --profile \(settings.profile)\"")
  }

  /// nil when the session cannot be renewed without a person, or the service does not want to.
  private static func renewed(
    _ cached: JSON, now: Double, _ caller: Caller
  ) async -> (token: String, file: String)? {
    guard case .object(var file) = cached, let id = cached["clientId"]?.string,
      let secret = cached["clientSecret"]?.string,
      let refresh = cached["refreshToken"]?.string,
      let registration = cached["registrationExpiresAt"]?.string.flatMap({ Timestamp($0) }),
      registration.secondsSinceEpoch > now
    else { return nil }
    let operation = SSOOperations.createToken
    var input = Fields(count: operation.input.members.count)
    input.set(0, id)
    input.set(1, secret)
    input.set(2, "refresh_token")
    input.set(3, refresh)
    guard let output = try? await caller.call(operation, input), let token: String = output.get(0),
      let seconds: Int = output.get(1)
    else { return nil }
    file["accessToken"] = .string(token)
    file["expiresAt"] = .string(Timestamp(secondsSinceEpoch: (now + Double(seconds)).rounded(.down)).text(.iso8601))
    if let next: String = output.get(2) { file["refreshToken"] = .string(next) }
    return (token, JSON.object(file).text())
  }

  /// SHA-1 in hexadecimal: the naming scheme of the AWS tools' cache, no matter of secrecy.
  static func fileName(_ key: String) -> String {
    var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
    let bytes = Array(key.utf8)
    _ = SHA1(bytes, bytes.count, &digest)
    return digest.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }
}
