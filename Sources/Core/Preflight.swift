// SPDX-License-Identifier: Apache-2.0

/// A question to the account rather than about a resource of the stack, with its types erased and its client bound.
package struct Preflight: Sendable {
  /// Whether it is asked beside the listings of the stack's resources, because the answer matters to almost any plan. Else it
  /// is asked when there is a plan that it matters to.
  package let isForAnyPlan: Bool
  /// Whether anything that the plan would do depends on the answer: nobody is told of what does not concern them.
  package let matters: @Sendable (Plan) -> Bool
  /// Never throws: that there was no answer is something to tell.
  package let ask: @Sendable () async -> Judgement

  /// What the answer means. An error stands against the plan; warnings and notes are told with it.
  package typealias Judgement = @Sendable (Prospect) -> [Diagnostic]

  package init(
    isForAnyPlan: Bool = false, matters: @escaping @Sendable (Plan) -> Bool = { _ in true },
    ask: @escaping @Sendable () async -> Judgement
  ) {
    self.isForAnyPlan = isForAnyPlan
    self.matters = matters
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
