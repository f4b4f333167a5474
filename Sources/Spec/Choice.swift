// SPDX-License-Identifier: Apache-2.0

/// A field with a fixed set of words.
package protocol Choice: Sendable, Hashable, CaseIterable, RawRepresentable<String> {
  /// What choosing the word means, for the documentation.
  var meaning: String { get }
}
