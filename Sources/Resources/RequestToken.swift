// SPDX-License-Identifier: Apache-2.0

internal import Core

/// Names of requests that are the same for the same request, on whatever machine and however often it is made.
enum RequestToken {
  /// 64 characters, the most that Secrets Manager takes.
  static func text(_ parts: String...) -> String { text(parts) }

  static func text(_ parts: [String]) -> String {
    Digest.hex(Digest.sha256(parts.map { "\($0.utf8.count):\($0)" }.joined()))
  }
}
