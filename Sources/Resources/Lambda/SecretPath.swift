// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The path below which a public function answers: Route 53's checkers cannot sign what they ask, so that to know the path is
/// all that tells them from strangers.
///
/// It stands in the function's environment, encrypted with its key, and in the health check. To find it again takes no secret
/// to be read, and no file to be kept.
enum SecretPath {
  static let variable = "PRIVATE_PATH"

  /// `/` and 128 bits from the system's generator.
  static func make() -> String {
    "/" + Digest.hex((0..<16).map { _ in UInt8.random(in: .min ... .max) })
  }
}
