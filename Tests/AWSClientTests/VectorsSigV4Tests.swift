// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

/// AWS's own suite for Signature Version 4.
@Suite("SigV4 vectors")
struct VectorsSigV4Tests {
  /// Folders of the suite, for example `normalize-path/get-slash`.
  static let cases = ((try? VectorFiles.names(in: "sigv4")) ?? [])
    .filter { $0.hasSuffix(".req") }
    .map { $0.split(separator: "/").dropLast().joined(separator: "/") }

  @Test("no case of the suite is missing")
  func count() {
    #expect(Self.cases.count == 34)
  }

  @Test("the signature is AWS's", arguments: cases)
  func signature(_ name: String) throws {
    let file = "sigv4/\(name)/\(name.split(separator: "/").last ?? "")"
    let raw = try RawRequest(try VectorFiles.text("\(file).req"))
    // With the header after the signature, the token is no part of what is signed.
    let canonicalText = try VectorFiles.text("\(file).creq").replacing("\r", with: "")
    let signedToken = Self.token(in: canonicalText)
    let credentials = Credentials(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
      sessionToken: signedToken)
    let time = try #require(Timestamp("2015-08-30T12:36:00Z"))
    let signed = Signer().sign(raw.request, with: credentials, region: "us-east-1", service: "service", at: time)

    let hash = Digest.hex(Digest.sha256(raw.request.body))
    let canonical = CanonicalRequest(signed, payloadHash: hash, normalizingPath: true)
    let scope = SigningScope(
      secretAccessKey: credentials.secretAccessKey, date: "20150830", region: "us-east-1", service: "service")
    #expect(canonical.text == canonicalText)
    let stringToSign = try VectorFiles.text("\(file).sts").replacing("\r", with: "")
    #expect(Signer.stringToSign(canonical, time: time, scope: scope) == stringToSign)
    let authorization = try VectorFiles.text("\(file).authz").replacing("\r", with: "")
    #expect(signed.headers.first { $0.name == "Authorization" }?.value == authorization)
  }

  private static func token(in canonical: String) -> String? {
    canonical.split(separator: "\n").first { $0.hasPrefix("x-amz-security-token:") }
      .map { String($0.dropFirst("x-amz-security-token:".count)) }
  }
}

/// A request as the suite writes it down.
///
/// Without the security token: the signer adds it.
private struct RawRequest {
  var request: HTTPRequest

  init(_ text: String) throws {
    let text = text.replacing("\r\n", with: "\n")
    let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
    var lines = parts[0].split(separator: "\n").map(String.init)
    let start = lines.removeFirst()
    let method = try #require(start.split(separator: " ").first)
    let target = start.dropFirst(method.count + 1).dropLast(" HTTP/1.1".count)
    let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    request = HTTPRequest(
      method: String(method), scheme: "https", host: "", path: String(halves.first ?? "/"),
      body: parts.count > 1 ? Array(parts[1].utf8) : [])
    if halves.count > 1 { request.query = halves[1].split(separator: "&").map(Self.pair) }
    for line in Self.unfolded(lines) {
      let colon = try #require(line.firstIndex(of: ":"))
      let (name, value) = (String(line[..<colon]), String(line[line.index(after: colon)...]))
      switch name.lowercased() {
      case "host": request.host = value
      case "x-amz-security-token": break
      default: request.headers.append((name, value))
      }
    }
  }

  /// The suite's queries are partly encoded, requests here wholly.
  private static func pair(_ text: Substring) -> (name: String, value: String) {
    let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    func encoded(_ half: String) -> String { half.contains("%") ? half : PercentEncoding.encode(half) }
    return (encoded(halves[0]), encoded(halves.count > 1 ? halves[1] : ""))
  }

  /// A line that starts with a space goes on with the line before.
  private static func unfolded(_ lines: [String]) -> [String] {
    lines.reduce(into: []) { result, line in
      if line.hasPrefix(" "), let last = result.popLast() {
        result.append(last + "\n" + line)
      } else {
        result.append(line)
      }
    }
  }
}
