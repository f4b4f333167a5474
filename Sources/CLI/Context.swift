// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import FoundationEssentials
internal import Spec

/// The process around a command.
struct Context: Sendable {
  let console: Console
  let environment: [String: String]

  /// Tells why a command stops.
  func tell(_ stop: Stop) {
    tell(stop.diagnostics.all, sources: stop.sources)
  }

  func tell(_ diagnostics: [Diagnostic], sources: [String: SourceText] = [:]) {
    guard !diagnostics.isEmpty else { return }
    let renderer = DiagnosticRenderer(sources: sources, color: console.storyStyle.color)
    console.tell(renderer.text(diagnostics))
  }

  /// The day in UTC.
  func today() -> Day? {
    let parts = Date.now.formatted(.iso8601.year().month().day()).split(separator: "-").compactMap { Int($0) }
    return parts.count == 3 ? Day(parts[0], parts[1], parts[2]) : nil
  }

  /// The time as final snapshots carry it in their names: `20261122t164500z`.
  func stamp() -> String {
    Date.now.formatted(.iso8601).lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
