// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("Digests")
struct DigestTests {
  /// FIPS 180-4's examples, and nothing at all.
  @Test(
    "SHA-256 gives the standard's values",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func sha256(_ text: String, _ hash: String) {
    #expect(Digest.hex(Digest.sha256(text)) == hash)
  }

  /// RFC 4231, cases 2 and 6.
  @Test("HMAC gives the standard's values")
  func hmac() {
    #expect(
      Digest.hex(Digest.hmacSHA256("what do ya want for nothing?", key: Array("Jefe".utf8)))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      Digest.hex(
        Digest.hmacSHA256(
          "Test Using Larger Than Block-Size Key - Hash Key First", key: Array(repeating: 0xAA, count: 131)))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }
}
