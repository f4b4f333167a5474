// SPDX-License-Identifier: Apache-2.0

/// Notices when the same plan has to be carried out again and again.
///
/// A plan's digest covers what it was decided from, so that the same digest after a success means that the success did
/// not last.
package struct Oscillation: Sendable {
  private static let most = 2

  private var digest: String?
  private var times = 0

  package init() {}

  /// Nothing was to do: whatever was done has lasted.
  package mutating func settled() {
    digest = nil
    times = 0
  }

  /// A plan was carried out with success.
  package mutating func applied(_ digest: String) {
    times = digest == self.digest ? times + 1 : 1
    self.digest = digest
  }

  package func isStuck(at digest: String) -> Bool {
    digest == self.digest && times >= Self.most
  }
}
