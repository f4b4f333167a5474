// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Form where Value == String {
  /// Certificates one after another as OpenSSL reads them (RFC 7468), and nothing else: least of all a private key.
  static let certificates = Form.text(
    TextForm(
      "certificates in PEM", plural: "certificates",
      "one block from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE----- or more, nothing else, at most 256 KiB",
      pattern: "^\\s*-----BEGIN CERTIFICATE-----")
  ) { text in
    guard text.utf8.count <= 256 << 10 else { return false }
    var block: String?
    var count = 0
    for line in text.split(whereSeparator: \.isNewline) {
      switch (line.trimmingTrailingSpace, block) {
      case ("", nil): continue
      case ("-----BEGIN CERTIFICATE-----", nil): block = ""
      case ("-----END CERTIFICATE-----", let body?):
        // DER of a certificate is a sequence.
        guard Base64.decode(body)?.first == 0x30 else { return false }
        (block, count) = (nil, count + 1)
      case (let more, let body?): block = body + more
      case (_, nil): return false
      }
    }
    return block == nil && count > 0
  }
}

extension Substring {
  fileprivate var trimmingTrailingSpace: String {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
