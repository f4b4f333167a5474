// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

/// What a run came to: done, failed with the cause, not started.
struct RunReport: Report {
  static let schema = "harecon.run/v1"

  let plan: Plan
  let verdict: Verdict
  let calls: Int
  let elapsed: Duration

  func text(_ style: Style) -> String {
    var lines: [String] = []
    for (step, failure) in verdict.failures {
      lines.append(style.ink(.red, "failed: \(step)"))
      for diagnostic in failure.diagnostics(step) {
        lines.append("    \(diagnostic.message)")
        if let hint = diagnostic.hint { lines.append("    \(hint)") }
      }
    }
    let left = verdict.notStarted
    if !left.isEmpty {
      lines.append("not done: " + left.map(\.description).joined(separator: ", "))
    }
    lines.append(sentence)
    return lines.joined(separator: "\n") + "\n"
  }

  private var sentence: String {
    let cost = "\(counted(calls, "AWS call")), \(elapsed.brief)"
    guard !plan.isEmpty else {
      if case .destroy = plan.purpose { return "Nothing of \(plan.stack) is left to take down. \(cost)." }
      return "Nothing to do: \(counted(PlanCounts(plan).unchanged, "resource")) as the spec says. \(cost)."
    }
    let done = verdict.done
    let counts = Dictionary(grouping: done, by: \.verb).mapValues(\.count)
    let parts = [Step.Verb.create, .update, .delete].compactMap { verb in
      counts[verb].map { "\($0) \(ProgressView.did(verb))" }
    }
    let head = parts.isEmpty ? "Nothing was done" : parts.joined(separator: ", ")
    if verdict.isSuccess { return "Done: \(head). \(cost)." }
    return
      "Not finished: \(head); \(verdict.failures.count) failed, \(verdict.notStarted.count) not started. \(cost).\n"
      + "Run the same command again to go on from here."
  }

  var json: JSONObject {
    [
      "stack": .string(plan.stack), "account": .string(plan.account), "region": .string(plan.region),
      "digest": .string(plan.digest), "succeeded": .bool(verdict.isSuccess), "calls": .int(calls),
      "seconds": .double(Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18),
      "done": .strings(verdict.done.map(\.description)),
      "failed": .array(
        verdict.failures.map { step, failure in
          [
            "step": .string(step.description),
            "diagnostics": .array(failure.diagnostics(step).map(\.json)),
          ]
        }),
      "notStarted": .strings(verdict.notStarted.map(\.description)),
    ]
  }
}
