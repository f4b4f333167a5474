// SPDX-License-Identifier: Apache-2.0

internal import CCrypto

/// Hashes, as bytes.
package enum Digest {
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    let made = SHA256(bytes, bytes.count, &digest)
    precondition(made != nil, "libcrypto has no SHA-256")
    return digest
  }

  package static func sha256(_ text: String) -> [UInt8] {
    sha256(Array(text.utf8))
  }

  /// HMAC with SHA-256 (RFC 2104).
  ///
  /// - Precondition: `key` is no longer than `Int32.max` bytes.
  package static func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    let made = HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &digest, nil)
    precondition(made != nil, "libcrypto has no HMAC with SHA-256")
    return digest
  }

  package static func hmacSHA256(_ message: String, key: [UInt8]) -> [UInt8] {
    hmacSHA256(Array(message.utf8), key: key)
  }

  /// Two lower-case digits a byte.
  package static func hex(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { text in
      for (index, byte) in bytes.enumerated() {
        text[index * 2] = hexDigit(byte >> 4)
        text[index * 2 + 1] = hexDigit(byte & 15)
      }
      return bytes.count * 2
    }
  }

  private static func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
  }
}
