// SPDX-License-Identifier: Apache-2.0

package import Core

/// What a run came to, step by step.
package struct Verdict: Sendable, Hashable {
  package enum Ending: Sendable, Hashable {
    case done
    case failed(StepFailure)
    /// Not started, because that step failed.
    case skipped(because: Step.ID)
    /// Not started, or not tried again, because the run was told to stop.
    case cancelled
  }

  package let endings: [Step.ID: Ending]
  /// What became of the resources of the deletes that are done.
  package let departures: [Step.ID: Departure]

  package init(endings: [Step.ID: Ending], departures: [Step.ID: Departure] = [:]) {
    self.endings = endings
    self.departures = departures
  }

  package var isSuccess: Bool { endings.values.allSatisfy { $0 == .done } }

  /// It was told to stop from outside; no failure did that.
  package var isInterrupted: Bool {
    endings.values.contains(.cancelled) && !failures.contains { $0.failure.endsTheRun }
  }

  package var done: [Step.ID] { endings.filter { $0.value == .done }.keys.sorted() }

  /// Skipped and cancelled: what a rerun would do.
  package var notStarted: [Step.ID] {
    endings.filter { ending in
      switch ending.value {
      case .skipped, .cancelled: true
      case .done, .failed: false
      }
    }.keys.sorted()
  }

  package var failures: [(step: Step.ID, failure: StepFailure)] {
    endings.compactMap { id, ending in
      if case .failed(let failure) = ending { (id, failure) } else { nil }
    }.sorted { $0.0 < $1.0 }
  }

  package var diagnostics: Diagnostics { Diagnostics(failures.flatMap { $0.failure.diagnostics($0.step) }) }

  /// A failure's consequences do not hide its cause.
  package var exitCode: ExitCode {
    let codes = failures.map(\.failure.exitCode)
    if !codes.isEmpty { return .first(of: codes) }
    return notStarted.isEmpty ? .done : .incomplete
  }
}
