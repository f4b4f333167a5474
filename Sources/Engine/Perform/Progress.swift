// SPDX-License-Identifier: Apache-2.0

package import Core

/// Something to tell about one step of a run, in the order in which it happens.
package struct Progress: Sendable, Hashable {
  package enum Event: Sendable, Hashable {
    case started(attempt: Int)
    /// With AWS's own word for what it is doing, or ours.
    case waiting(status: String)
    case retrying(because: CallError, after: Duration)
    /// A create or an update.
    case done
    /// A delete.
    case departed(Departure)
    case failed(StepFailure)
    case skipped(because: Step.ID)
    case cancelled
  }

  package let step: Step.ID
  package let event: Event
  /// Since the step first started; zero for one that never did.
  package let elapsed: Duration

  package init(step: Step.ID, event: Event, elapsed: Duration) {
    self.step = step
    self.event = event
    self.elapsed = elapsed
  }
}
