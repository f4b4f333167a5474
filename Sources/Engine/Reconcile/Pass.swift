// SPDX-License-Identifier: Apache-2.0

package import Core

/// What one pass of the loop came to.
package struct Pass: Sendable {
  /// nil when nothing could be decided.
  package let plan: Plan?
  /// Changes that the mode kept from being made.
  package let held: [ResourceChange]
  /// nil when nothing was carried out.
  package let verdict: Verdict?
  package let exitCode: ExitCode
  package let diagnostics: Diagnostics
  /// What was done and why: the line that the log keeps.
  package let sentence: String
  /// The loop must not go on by itself.
  package let isStuck: Bool
}

/// What a pass may do unasked.
package enum RepairMode: Sendable, Hashable {
  case observe
  /// Changes of which users notice no more than this.
  case repair(upTo: Disruption)
}

extension Pass {
  /// Nothing could be decided.
  package init(stopped stop: Stop) {
    let errors = stop.diagnostics.all.filter { $0.severity == .error }
    let first = errors.first?.message ?? "it was stopped"
    let others = errors.count - 1
    self.init(
      plan: nil, held: [], verdict: nil, exitCode: stop.exitCode, diagnostics: stop.diagnostics,
      sentence: "changed nothing: \(first)" + (others > 0 ? " (and \(others) more)" : ""), isStuck: false)
  }

  init(unchanged plan: Plan) {
    self.init(
      plan: plan, held: [], verdict: nil, exitCode: .done, diagnostics: Diagnostics(),
      sentence: "nothing to do: \(count(plan.changes.count, "resource")) as the spec says", isStuck: false)
  }

  init(stuck plan: Plan) {
    let changes = plan.changes.filter { $0.action != .noOp }
    let sentence =
      "stopped: \(list(changes)) was done twice and is needed again; something else changes it back"
    let diagnostic = Diagnostic(
      .error, rule: "reconcile.oscillates", sentence,
      hint: "find out who changes it (CloudTrail names them), or write what they want into the spec")
    self.init(
      plan: plan, held: changes, verdict: nil, exitCode: .checkFailed, diagnostics: Diagnostics([diagnostic]),
      sentence: sentence, isStuck: true)
  }

  /// - Parameter limit: nil in the mode that only observes.
  init(held decision: Decision, limit: Disruption?) {
    let plan = decision.plan
    let changes = plan.changes.filter { $0.action != .noOp }
    let why =
      if let limit {
        decision.wayBack ?? "users would notice more than \"\(limit.word)\""
      } else {
        "this only observes"
      }
    let verb = changes.count == 1 ? "is" : "are"
    self.init(
      plan: plan, held: changes, verdict: nil, exitCode: .changesPending, diagnostics: Diagnostics(),
      sentence: "changed nothing, because \(why): \(list(changes)) \(verb) pending", isStuck: false)
  }

  init(applied decision: Decision, held: [ResourceChange], _ verdict: Verdict, took elapsed: Duration) {
    let plan = decision.plan
    let heldAddresses = Set(held.map(\.address))
    let tried = plan.changes.filter { $0.action != .noOp && !heldAddresses.contains($0.address) }
    let unfinished = Set(verdict.endings.filter { $0.value != .done }.keys.map(\.address))
    let done = tried.filter { !unfinished.contains($0.address) }
    var parts = done.isEmpty ? ["repaired nothing"] : ["repaired in \(elapsed.brief): \(list(done))"]
    let failed = Set(verdict.failures.map(\.step.address))
    if !failed.isEmpty { parts.append("failed: \(list(tried.filter { failed.contains($0.address) }))") }
    let left = tried.filter { unfinished.contains($0.address) && !failed.contains($0.address) }
    if !left.isEmpty { parts.append((verdict.isInterrupted ? "interrupted, not done: " : "not done: ") + list(left)) }
    if !held.isEmpty { parts.append("held back: \(list(held))") }
    if let wayBack = decision.wayBack { parts.append(wayBack) }
    let exitCode = verdict.isSuccess && !held.isEmpty ? .changesPending : verdict.exitCode
    self.init(
      plan: plan, held: held, verdict: verdict, exitCode: exitCode, diagnostics: verdict.diagnostics,
      sentence: parts.joined(separator: "; "), isStuck: false)
  }
}

extension Decision {
  /// What a person has to decide about data that is lost; nil when none is.
  fileprivate var wayBack: String? {
    guard !lost.isEmpty else { return nil }
    let names = lost.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    return "\(names) would come back empty (restore a snapshot, or apply to make an empty one)"
  }
}

private func count(_ number: Int, _ noun: String) -> String {
  number == 1 ? "1 \(noun) is" : "\(number) \(noun)s are"
}

/// `update rds/cluster.main (backupRetention differs), create ec2/subnet.b (it is absent)`.
private func list(_ changes: [ResourceChange]) -> String {
  let shown = changes.prefix(5).map { "\($0.action.verb) \($0.address) (\($0.why))" }
  let rest = changes.count - shown.count
  return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
}

extension Action {
  fileprivate var verb: String {
    switch self {
    case .noOp: "leave"
    case .create: "create"
    case .update: "update"
    case .replace: "replace"
    case .delete: "delete"
    }
  }
}

extension ResourceChange {
  fileprivate var why: String {
    switch action {
    case .create: return "it is absent"
    case .delete: return reasons.contains(.destroy) ? "the stack is taken down" : "it is not in the spec"
    case .noOp: return "it is as the spec says"
    case .update, .replace:
      let names = attributes.map(\.name)
      return names.joined(separator: ", ") + (names.count == 1 ? " differs" : " differ")
    }
  }
}
