// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Puts a digest in the place of a secret: enough to see that it changed, nothing to read it from.
///
/// The key is no secret, since plans must be the same on any machine: who can guess a secret can check the guess. That is
/// why a plan file is readable by its owner alone, and why the passwords of a stack are AWS's to make and not the spec's.
enum Seal {
  /// Bound to its place, so that equal secrets in two places do not show as equal.
  static func seal(_ value: Value, at address: Address, _ attribute: String) -> Value {
    if case .sealed = value { return value }
    guard value != .null, value.unknowns.isEmpty else { return value }
    var place = Canonical()
    place.append("harecon/seal/v1")
    place.append(address.description)
    place.append(attribute)
    return .sealed(digest: Digest.hex(Digest.hmacSHA256(value.withPlainNumbers.canonicalBytes, key: place.bytes)))
  }
}
