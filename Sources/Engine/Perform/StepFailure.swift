// SPDX-License-Identifier: Apache-2.0

package import Core

/// Why a step did not end as it should.
package enum StepFailure: Error, Sendable, Hashable {
  case call(CallError)
  /// What is there is no longer what the plan was decided from.
  case stale([Diagnostic])
  /// Something that is not ours stands in its place, or more than one claims to be it.
  case ownership(Diagnostic)
  /// Changed as asked, and still not as desired.
  case didNotConverge([AttributeChange])
  /// Its health will not get better by waiting.
  case degraded(String)
  /// Patience has run out; a rerun goes on from here. With the last status, and with what AWS last said against it.
  case timedOut(waitingFor: String, after: Duration, because: CallError? = nil)

  /// Our create was refused, or not needed, because somebody else who makes this stack was there first.
  static func madeByAnother(_ address: Address, _ found: Observation, _ stack: String) -> StepFailure {
    .stale([
      Diagnostic(
        .error, rule: "plan.other-writer",
        "\"\(address)\" (\(found.id)) has come into being since the plan was made: another run is at work on stack "
          + "\"\(stack)\", or ended a moment ago",
        address: address, hint: "run the same command again when the other has ended")
    ])
  }

  package var exitCode: ExitCode {
    switch self {
    case .call(let error): error.isPassing ? .incomplete : error.exitCode
    case .stale: .stale
    case .ownership: .ownership
    case .didNotConverge: .checkFailed
    case .degraded: .error
    case .timedOut: .incomplete
    }
  }

  /// The plan as a whole can no longer be relied on: nothing new may start.
  var endsTheRun: Bool {
    switch self {
    case .stale, .ownership: true
    case .call, .didNotConverge, .degraded, .timedOut: false
    }
  }

  package func diagnostics(_ step: Step.ID) -> [Diagnostic] {
    switch self {
    case .stale(let moved): moved
    case .ownership(let diagnostic): [diagnostic]
    case .call(let error): [.callFailed(step, error)]
    case .didNotConverge(let attributes): [.didNotConverge(step, attributes)]
    case .degraded(let status): [.stayedDegraded(step, status)]
    case .timedOut(let status, let after, let error): [.timedOut(step, status, after, error)]
    }
  }
}

extension CallError {
  /// Nothing is wrong with what was asked for, only its time had not come: a rerun goes on.
  fileprivate var isPassing: Bool {
    switch category {
    case .throttled, .conflict, .unavailable, .ambiguous, .cancelled: true
    // What was waited for in vain is not there.
    case .notFound, .alreadyExists, .invalid, .denied: false
    }
  }

  /// Whether what was asked for may have been done: only a look can tell.
  var leavesDoubt: Bool {
    switch category {
    case .alreadyExists, .ambiguous: true
    case .notFound, .throttled, .conflict, .unavailable, .invalid, .denied, .cancelled: false
    }
  }

  /// For how long it makes sense to try again; nil when it makes none.
  func patience(within patience: Duration) -> Duration? {
    switch category {
    case .throttled, .conflict, .unavailable: patience
    // A service that answers nothing but errors for five minutes does so for longer.
    case .ambiguous: min(patience, .seconds(300))
    // What was just made is visible to all of AWS within two minutes; what is not there then is not there.
    case .notFound: min(patience, .seconds(120))
    // A look has shown that it is not ours, or not to be seen.
    case .alreadyExists: nil
    case .invalid, .denied, .cancelled: nil
    }
  }

  /// Whether a look that failed like this may be repeated.
  var mayPass: Bool { patience(within: .seconds(1)) != nil }
}

extension Diagnostic {
  fileprivate static func callFailed(_ step: Step.ID, _ error: CallError) -> Diagnostic {
    Diagnostic(
      .error, rule: "engine.call-failed", "cannot \(step): \(error)", address: step.address,
      hint: error.nextStep)
  }

  fileprivate static func didNotConverge(_ step: Step.ID, _ attributes: [AttributeChange]) -> Diagnostic {
    let rest = attributes.map { "\"\($0.name)\" is \($0.old.brief), not \($0.new.brief)" }.joined(separator: "; ")
    return Diagnostic(
      .error, rule: "engine.did-not-converge", "\"\(step.address)\" was changed and is still not as desired: \(rest)",
      address: step.address, hint: "see whether something else changes it back, then plan again")
  }

  fileprivate static func stayedDegraded(_ step: Step.ID, _ status: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "engine.degraded", "\"\(step.address)\" is \"\(status)\" and does not get better by waiting",
      address: step.address, hint: "look at its events in AWS, then plan again")
  }

  fileprivate static func timedOut(
    _ step: Step.ID, _ status: String, _ after: Duration, _ error: CallError?
  ) -> Diagnostic {
    let reason = error.map { ": \($0)" } ?? ""
    return Diagnostic(
      .error, rule: "engine.timed-out", "\(step): still \"\(status)\" after \(after.brief)\(reason)",
      address: step.address, hint: "run the same command again; it goes on from here")
  }
}
