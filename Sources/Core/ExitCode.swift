// SPDX-License-Identifier: Apache-2.0

/// What the process says to the script that called it; the numbers are part of the interface.
package enum ExitCode: Int32, Sendable, Hashable, CaseIterable {
  case done = 0
  case error = 1
  /// Something would be changed.
  case changesPending = 2
  /// A policy or an attribute that cannot be changed stands against it.
  case refused = 3
  /// The spec or the command line is wrong.
  case invalid = 4
  /// What was done did not have the effect that it should have had.
  case checkFailed = 5
  /// Not everything was done; the same command goes on from here.
  case incomplete = 6
  /// The plan was made for a world that has changed since.
  case stale = 7
  /// It is not clear that a live resource is ours.
  case ownership = 8
  /// No credentials, or no permission.
  case denied = 9

  /// The one to report of several: what a person must settle first.
  package static func first(of codes: some Sequence<ExitCode>) -> ExitCode {
    let order: [ExitCode] = [
      .denied, .ownership, .stale, .refused, .invalid, .error, .checkFailed, .incomplete, .changesPending,
    ]
    let codes = Set(codes)
    return order.first(where: codes.contains) ?? .done
  }
}

/// Why the work did not begin, or did not go on.
package struct Stop: Error, Sendable, Hashable {
  package var exitCode: ExitCode
  package var diagnostics: Diagnostics
  /// The texts that the diagnostics' places are in, by file name, for underlining them.
  package var sources: [String: SourceText]

  package init(_ exitCode: ExitCode, _ diagnostics: [Diagnostic], in sources: [String: SourceText] = [:]) {
    self.exitCode = exitCode
    self.diagnostics = Diagnostics(diagnostics)
    self.sources = sources
  }
}
