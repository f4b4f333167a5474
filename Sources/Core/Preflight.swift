// SPDX-License-Identifier: Apache-2.0

/// A question to the account rather than about a resource of the stack, with its types erased and its client bound.
///
/// It is asked while the stack is looked at, before it is known what the plan will be; what the answer means is judged
/// once there is a plan.
package struct Preflight: Sendable {
  /// Never throws: that there was no answer is something to tell.
  package let ask: @Sendable () async -> Judgement

  /// An error stands against the plan; warnings and notes are told with it.
  package typealias Judgement = @Sendable (Prospect) -> [Diagnostic]

  package init(ask: @escaping @Sendable () async -> Judgement) {
    self.ask = ask
  }
}

/// What would be done, and what was seen of the world when it was decided.
package struct Prospect: Sendable {
  package let plan: Plan
  /// By kind, as the kinds' listings gave it: others' resources too where a kind lists them.
  package let seen: [KindName: [Observation]]

  package init(plan: Plan, seen: [KindName: [Observation]] = [:]) {
    self.plan = plan
    self.seen = seen
  }
}
