// SPDX-License-Identifier: Apache-2.0

package import Core

/// A function's code: what is compared is the hash that Lambda gives back, what is sent is the zip file.
package struct FunctionCode: AttributeValue {
  /// SHA-256 of the zip file as uploaded, in base 64: Lambda's `CodeSha256`.
  package let sha256: String
  /// Of live code nobody has asked for the bytes.
  let zip: [UInt8]?

  package init(zip: [UInt8]) {
    sha256 = Base64.encode(Digest.sha256(zip))
    self.zip = zip
  }

  /// Code that is known by its hash alone.
  init(sha256: String) {
    self.sha256 = sha256
    zip = nil
  }

  package var value: Value { .string(sha256) }

  package init?(_ value: Value) {
    guard let hash = String(value) else { return nil }
    self.init(sha256: hash)
  }

  package static func == (a: FunctionCode, b: FunctionCode) -> Bool { a.sha256 == b.sha256 }

  package func hash(into hasher: inout Hasher) { hasher.combine(sha256) }
}
