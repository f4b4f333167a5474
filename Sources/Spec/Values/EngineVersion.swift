// SPDX-License-Identifier: Apache-2.0

/// A version of Aurora PostgreSQL: `15.10` is later than `15.9`.
package struct EngineVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let major: Int
  package let minor: Int

  package init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads `major.minor`; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = Self.number(parts[0]), let minor = Self.number(parts[1]) else { return nil }
    self.init(major, minor)
  }

  private static func number(_ text: Substring) -> Int? {
    guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    guard text == "0" || text.first != "0" else { return nil }
    return Int(text)
  }

  package var description: String { "\(major).\(minor)" }

  package static func < (a: EngineVersion, b: EngineVersion) -> Bool {
    (a.major, a.minor) < (b.major, b.minor)
  }
}
