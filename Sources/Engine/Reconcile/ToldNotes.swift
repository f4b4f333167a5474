// SPDX-License-Identifier: Apache-2.0

package import Core

/// What a loop has told, so that it tells a note when it becomes true and not at every pass.
package struct ToldNotes: Sendable {
  private var told: Set<Diagnostic> = []

  package init() {}

  /// The notes of the pass that the last one had not. One that could not look has none, and takes none back.
  package mutating func news(of pass: Pass) -> [Diagnostic] {
    guard let notes = pass.plan?.notes else { return [] }
    defer { told = Set(notes) }
    return notes.filter { !told.contains($0) }
  }
}
