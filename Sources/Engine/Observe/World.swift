// SPDX-License-Identifier: Apache-2.0

package import Core

/// What one look at everything gave.
package struct World: Sendable {
  package var observations: [KindName: [Observation]]
  /// Listings that failed.
  package var failures: [KindName: CallError]
  /// Kinds that could not be looked at because their parent's listing failed.
  package var unseen: Set<KindName>

  package init(
    observations: [KindName: [Observation]] = [:], failures: [KindName: CallError] = [:], unseen: Set<KindName> = []
  ) {
    self.observations = observations
    self.failures = failures
    self.unseen = unseen
  }

  /// Why nothing can be decided from this: every failed listing, none of its consequences. Nil when all was seen.
  package var stop: Stop? {
    guard !failures.isEmpty else { return nil }
    let diagnostics = failures.sorted { $0.key < $1.key }.map { Diagnostic.listingFailed($0.key, $0.value) }
    return Stop(.first(of: failures.values.map(\.exitCode)), diagnostics)
  }
}
