// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

@Suite("Signer")
struct SignerTests {
  private let credentials = Credentials(accessKeyID: "AKID", secretAccessKey: "secret", sessionToken: "token")
  private let request = HTTPRequest(
    method: "PUT", scheme: "https", host: "example.com", path: "/a//b%20c/../d", headers: [("User-Agent", "x")],
    body: [1, 2, 3])

  private func sign(
    _ request: HTTPRequest, service: String = "rds", payload: Signer.Payload = .hashed
  ) -> HTTPRequest {
    Signer().sign(
      request, with: credentials, region: "eu-west-1", service: service,
      at: Timestamp(secondsSinceEpoch: 1_440_938_160), payload: payload)
  }

  private func header(_ name: String, _ request: HTTPRequest) -> String? {
    request.headers.first { $0.name == name }?.value
  }

  @Test("signing again replaces what was signed before")
  func again() {
    let once = sign(request)
    #expect(sign(once) == once)
    #expect(header("X-Amz-Security-Token", once) == "token")
    #expect(once.headers.filter { $0.name == "Authorization" }.count == 1)
  }

  @Test("headers that change on the way are not signed")
  func unsignedHeaders() throws {
    let authorization = try #require(header("Authorization", sign(request)))
    #expect(authorization.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,"))
  }

  @Test("a path is normalised and encoded twice, but for S3")
  func paths() {
    let canonical = CanonicalRequest(request, payloadHash: "h", normalizingPath: true).text
    #expect(canonical.split(separator: "\n")[1] == "/a/d")
    var spaced = request
    spaced.path = "/b%20c/"
    #expect(CanonicalRequest(spaced, payloadHash: "h", normalizingPath: true).text.contains("\n/b%2520c/\n"))
    #expect(CanonicalRequest(request, payloadHash: "h", normalizingPath: false).text.contains("\n/a//b%20c/../d\n"))
  }

  @Test("S3 gets the payload's hash in a header, and so does whoever is told that it is not signed")
  func payloadHash() {
    let hash = Digest.hex(Digest.sha256([1, 2, 3]))
    #expect(header("X-Amz-Content-Sha256", sign(request, service: "s3")) == hash)
    #expect(header("X-Amz-Content-Sha256", sign(request)) == nil)
    #expect(header("X-Amz-Content-Sha256", sign(request, payload: .unsigned)) == "UNSIGNED-PAYLOAD")
  }

  @Test("a secret shows in no description")
  func secrecy() {
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] {
      #expect(!text.contains("secret"))
      #expect(!text.contains("token"))
    }
  }
}
