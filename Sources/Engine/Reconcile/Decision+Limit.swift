// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Decision {
  /// The part of the plan of which users notice no more than that, and the changes that are left.
  ///
  /// What needs a change that is held back is held back with it. What holds data and is lost is never made anew here: it
  /// would come back empty, and whoever restores it would find its place taken.
  func limited(to limit: Disruption) -> (decision: Decision, held: [ResourceChange]) {
    var held = Set(plan.changes.filter { $0.isBeyond(limit) }.map(\.address)).union(lost)
    var kept: [Step] = []
    // In the plan's order everything that a step needs has been seen before it.
    for step in plan.steps {
      if held.contains(step.id.address) || step.needs.contains(where: { held.contains($0.address) }) {
        held.insert(step.id.address)
      } else {
        kept.append(step)
      }
    }
    // A replacement is done whole or not at all.
    kept.removeAll { held.contains($0.id.address) }
    let limited = Plan(
      stack: plan.stack, account: plan.account, region: plan.region, purpose: plan.purpose, targets: plan.targets,
      specDigest: plan.specDigest, sightings: plan.sightings, changes: plan.changes, steps: kept, notes: plan.notes)
    return (
      Decision(plan: limited, graph: graph, desired: desired, live: live, lost: lost),
      plan.changes.filter { held.contains($0.address) }
    )
  }
}

extension ResourceChange {
  /// What nobody is to notice deletes nothing either: somebody may have wanted it.
  fileprivate func isBeyond(_ limit: Disruption) -> Bool {
    switch action {
    case .noOp: false
    case .create, .update: disruption > limit
    case .delete, .replace: limit == .none || disruption > limit
    }
  }
}
