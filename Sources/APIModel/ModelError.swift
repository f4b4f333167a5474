// SPDX-License-Identifier: Apache-2.0

/// A service model that cannot be used as it is.
package struct ModelError: Error, Sendable, Hashable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
