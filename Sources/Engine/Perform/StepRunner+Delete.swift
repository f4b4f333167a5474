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
    guard let found = try await lookUntilSure(targetNow) else { return .gone }
    guard found.isOwned(by: stack) else { throw .ownership(.noLongerOurs(step.id.address, found, stack: stack)) }
    var departure = Departure.gone
    var (doubt, refusal): (Doubt?, CallError?)
    footprint.leave()
    do throws(CallError) {
      departure = try await kind.delete(found, deletion)
    } catch let error where error.category == .notFound {
      // A look tells whether it is gone, or was made so lately that not all of AWS knows it.
      refusal = error
    } catch let error where error.leavesDoubt {
      doubt = Doubt(repeatable: error)
    } catch {
      throw .call(error)
    }
    return try await waitUntilGone(found, deletion, departure, doubt, refusal)
  }

  /// AWS goes on showing a thing unchanged for some seconds after it has taken its deletion.
  private static var untilTaken: Duration { .seconds(10) }

  /// - Parameter refusal: why the last delete was refused, if it was.
  private func waitUntilGone(
    _ before: Observation, _ deletion: Deletion, _ departure: Departure, _ doubt: Doubt?, _ refusal: CallError?
  ) async throws(StepFailure) -> Departure {
    var watch = Watch(clock, kind.patience, limit: kind.patience.gone)
    var (departure, refusal) = (departure, refusal)
    var (sent, unchangedLooks, emptyLooks) = (Duration.zero, 0, 0)
    while true {
      let found: Observation?
      do throws(StepFailure) {
        found = try await targetNow()
      } catch .call(let error) where error.mayPass {
        try await watch.pause(after: error, report)
        continue
      }
      guard let found else {
        emptyLooks += 1
        // As long as AWS has not taken the delete, one look proves no more than before it.
        if doubt == nil && refusal == nil || emptyLooks >= Doubt.decisiveLooks { return departure }
        try await watch.pause(status: "not visible", because: refusal ?? doubt?.error, report)
        continue
      }
      if departure.isOver(found, stack) { return departure }
      emptyLooks = 0
      // What was busy when it was to go, and is ready now, is no more on its way out than what looks as before.
      let isStaying = found.health == before.health || found.health == .ready
      unchangedLooks = isStaying ? unchangedLooks + 1 : 0
      if let doubt, doubt.isRefuted(after: unchangedLooks, watch.elapsed) { throw .call(doubt.error) }
      if unchangedLooks > 0, watch.elapsed - sent >= Self.untilTaken {
        // Taken for gone by a part of AWS that did not know it yet.
        do throws(CallError) {
          departure = try await kind.delete(found, deletion)
          refusal = nil
        } catch let error where error.mayPass || error.leavesDoubt {
          // The first one may still be at work: the looks go on.
          refusal = error
        } catch {
          throw .call(error)
        }
        (sent, unchangedLooks) = (watch.elapsed, 0)
      }
      switch found.health {
      case .ready: try await watch.pause(status: "deleting", because: refusal, report)
      case .progressing(let status): try await watch.pause(status: status, because: refusal, report)
      // It is on its way, whatever was said before.
      case .leaving(let status): try await watch.pause(status: status, report)
      case .degraded(let status):
        // It may have been ill before; only what the delete led to says that the delete failed.
        guard found.health == before.health else { throw .degraded(status) }
        try await watch.pause(status: status, because: refusal, report)
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
    case .withParent: true
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
