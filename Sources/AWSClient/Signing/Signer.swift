// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Signs requests with AWS Signature Version 4, in the `Authorization` header.
///
/// Safe to share: signing keys, which hold for a day, are derived once.
package final class Signer: Sendable {
  private let keys = Guarded<[SigningScope: [UInt8]]>([:])
  /// More scopes than one run has; a new one beyond that starts the collection anew.
  private static let mostKeys = 64

  package enum Payload: Sendable, Hashable {
    case hashed
    /// `UNSIGNED-PAYLOAD`: the body is protected by TLS alone.
    case unsigned
  }

  package init() {}

  /// The request with `X-Amz-Date`, `X-Amz-Security-Token` when there is one, and `Authorization`; those that it had are
  /// replaced.
  ///
  /// - Parameters:
  ///   - service: the service's signing name.
  ///   - time: AWS refuses a signature that is more than five minutes off.
  package func sign(
    _ request: HTTPRequest, with credentials: Credentials, region: String, service: String, at time: Timestamp,
    payload: Payload = .hashed
  ) -> HTTPRequest {
    let scope = SigningScope(
      secretAccessKey: credentials.secretAccessKey, date: String(time.compactText.prefix(8)), region: region,
      service: service)
    let payloadHash =
      switch payload {
      case .hashed: Digest.hex(Digest.sha256(request.body))
      case .unsigned: "UNSIGNED-PAYLOAD"
      }
    var signed = request
    signed.setHeader("X-Amz-Date", time.compactText)
    signed.setHeader("X-Amz-Security-Token", credentials.sessionToken)
    if scope.isStorage || payload == .unsigned { signed.setHeader("X-Amz-Content-Sha256", payloadHash) }
    let canonical = CanonicalRequest(signed, payloadHash: payloadHash, normalizingPath: !scope.isStorage)
    let signature = Digest.hmacSHA256(
      Self.stringToSign(canonical, time: time, scope: scope), key: signingKey(of: scope))
    signed.setHeader(
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(canonical.signedHeaders), "
        + "Signature=\(Digest.hex(signature))")
    return signed
  }

  static func stringToSign(_ canonical: CanonicalRequest, time: Timestamp, scope: SigningScope) -> String {
    "AWS4-HMAC-SHA256\n\(time.compactText)\n\(scope)\n\(canonical.hash)"
  }

  private func signingKey(of scope: SigningScope) -> [UInt8] {
    keys.withLock { keys in
      if let key = keys[scope] { return key }
      if keys.count >= Self.mostKeys { keys.removeAll() }
      let key = scope.deriveKey()
      keys[scope] = key
      return key
    }
  }
}

/// What a signing key is good for.
struct SigningScope: Hashable, CustomStringConvertible {
  let secretAccessKey: String
  /// `20150830`
  let date: String
  let region: String
  let service: String

  var description: String { "\(date)/\(region)/\(service)/aws4_request" }

  /// S3 takes paths as they are, and wants the hash of the payload in a header.
  var isStorage: Bool { service == "s3" || service == "s3-outposts" || service == "s3express" }

  func deriveKey() -> [UInt8] {
    var key = Array("AWS4\(secretAccessKey)".utf8)
    for part in [date, region, service, "aws4_request"] { key = Digest.hmacSHA256(part, key: key) }
    return key
  }
}

extension HTTPRequest {
  /// Replaces all headers of that name; nil takes them away.
  package mutating func setHeader(_ name: String, _ value: String?) {
    headers.removeAll { $0.name.lowercased() == name.lowercased() }
    if let value { headers.append((name, value)) }
  }
}
