// SPDX-License-Identifier: Apache-2.0

internal import Core

extension StepRunner {
  /// Deletes what the plan named, if it is still there and still ours, and waits until it is gone.
  ///
  /// What is scheduled or kept has left as soon as it shows as such.
  func remove() async throws(StepFailure) -> Departure {
    let deletion = step.deletion ?? Deletion()
    guard !kind.holdsData || deletion.wholeStack else {
      // The planner never asks for this; it must not be possible by any other way either.
      throw .call(
        CallError(.invalid, code: "HoldsData", message: "\(step.id.address) holds data and is deleted by destroy alone")
      )
    }
    guard let found = try await targetNow() else { return .gone }
    guard found.isOwned(by: stack) else { throw .ownership(.noLongerOurs(step.id.address, found, stack: stack)) }
    var departure = Departure.gone
    var doubt: CallError?
    do throws(CallError) {
      departure = try await kind.delete(found, deletion)
    } catch let error where error.category == .notFound {
      return .gone
    } catch let error where error.leavesDoubt {
      doubt = error
    } catch {
      throw .call(error)
    }
    try await waitUntilGone(found, departure, doubt: doubt)
    return departure
  }

  private func waitUntilGone(
    _ before: Observation, _ departure: Departure, doubt: CallError?
  ) async throws(StepFailure) {
    var watch = Watch(clock, kind.patience, limit: kind.patience.gone)
    let doubtful = min(.seconds(15), kind.patience.gone / 4)
    while true {
      let found: Observation?
      do throws(StepFailure) {
        found = try await targetNow()
      } catch .call(let error) where error.mayPass {
        try await watch.pause(status: error.code, report)
        continue
      }
      guard let found, !departure.isOver(found, stack) else { return }
      if let doubt, found.health == before.health, watch.elapsed >= doubtful { throw .call(doubt) }
      switch found.health {
      case .ready: try await watch.pause(status: "deleting", report)
      case .progressing(let status), .leaving(let status): try await watch.pause(status: status, report)
      case .degraded(let status):
        // It may have been ill before; only what the delete led to says that the delete failed.
        guard found.health == before.health else { throw .degraded(status) }
        try await watch.pause(status: status, report)
      }
    }
  }

  private func targetNow() async throws(StepFailure) -> Observation? {
    let focus = Lookup.Focus(address: step.id.address, id: step.target)
    let lookup = Lookup(
      stack: stack, desired: planned.map { [$0] } ?? [], parents: parents, focus: focus)
    do throws(CallError) {
      return try await kind.observe(lookup).first { $0.id == step.target }
    } catch {
      throw .call(error)
    }
  }
}

extension Departure {
  /// Whether what can still be seen is as it will be.
  fileprivate func isOver(_ found: Observation, _ stack: String) -> Bool {
    switch self {
    case .gone: false
    case .scheduled: found.health.isLeaving
    case .kept: !found.isOwned(by: stack)
    }
  }
}

extension Diagnostic {
  fileprivate static func noLongerOurs(_ address: Address, _ found: Observation, stack: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "ownership.foreign",
      "\"\(address)\" is no longer of stack \"\(stack)\" and is not deleted: \(found.described)", address: address,
      hint: "plan again, and look at what it says now")
  }
}
