// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

/// What a run came to: done, failed with the cause, not started.
struct RunReport: Report {
  static let schema = "harecon.run/v1"

  let plan: Plan
  let verdict: Verdict
  /// What became of the run's trail.
  let notes: [Diagnostic]
  let calls: Int
  let elapsed: Duration

  func text(_ style: Style) -> String {
    var lines: [String] = []
    for (step, failure) in verdict.failures {
      lines.append(style.ink(.red, "failed: \(step)"))
      for diagnostic in failure.diagnostics(step).withHintsToldOnce {
        lines.append("    \(diagnostic.message)")
        if let hint = diagnostic.hint { lines.append("    \(hint)") }
      }
    }
    for (step, departure) in lingering {
      lines.append(style.ink(.yellow, "\(step.address): \(departure.words)"))
    }
    let left = verdict.notStarted
    if !left.isEmpty {
      lines.append("not done: " + Self.brief(left).joined(separator: ", "))
    }
    lines.append(sentence)
    return lines.joined(separator: "\n") + "\n"
  }

  /// Each by its name, but for kinds of which there are many: an interrupted first run has not done a hundred.
  private static func brief(_ steps: [Step.ID], most: Int = 3) -> [String] {
    var groups: [[Step.ID]] = []
    for step in steps {
      if let last = groups.last?.last, (last.verb, last.address.kind) == (step.verb, step.address.kind) {
        groups[groups.count - 1].append(step)
      } else {
        groups.append([step])
      }
    }
    return groups.flatMap { group in
      guard group.count > most, let first = group.first else { return group.map(\.description) }
      return ["\(first.verb.rawValue) \(group.count) \(first.address.kind)"]
    }
  }

  /// What was to be deleted and is still there.
  private var lingering: [(step: Step.ID, departure: Departure)] {
    verdict.departures.filter { $0.value != .gone && $0.value != .withParent }.sorted { $0.key < $1.key }
      .map { ($0.key, $0.value) }
  }

  /// `12 created, 1 updated, 3 deleted, 1 kept`.
  private var deeds: String {
    let done = verdict.done.map { step in
      switch verdict.departures[step] {
      case .scheduled: "scheduled for deletion"
      case .kept: "kept"
      case .gone, .withParent, nil: ProgressView.did(step.verb)
      }
    }
    let counts = Dictionary(grouping: done) { $0 }.mapValues(\.count)
    return ["created", "updated", "deleted", "scheduled for deletion", "kept"].compactMap { deed in
      counts[deed].map { "\($0) \(deed)" }
    }.joined(separator: ", ")
  }

  private var sentence: String {
    let cost = "\(counted(calls, "AWS call")), \(elapsed.brief)"
    guard !plan.isEmpty else {
      if case .destroy = plan.purpose { return "Nothing of \(plan.stack) is left to take down. \(cost)." }
      return "Nothing to do: \(counted(PlanCounts(plan).unchanged, "resource")) as the spec says. \(cost)."
    }
    let head = deeds.isEmpty ? "Nothing was done" : deeds
    if verdict.isSuccess { return "Done: \(head). \(cost)." }
    let rest = [(verdict.failures.count, "failed"), (verdict.notStarted.count, "not started")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return
      "\(verdict.isInterrupted ? "Interrupted" : "Not finished"): \(head); \(rest.joined(separator: ", ")). \(cost).\n"
      + "Run the same command again to go on from here."
  }

  var json: JSONObject {
    [
      "stack": .string(plan.stack), "account": .string(plan.account), "region": .string(plan.region),
      "digest": .string(plan.digest), "succeeded": .bool(verdict.isSuccess),
      "interrupted": .bool(verdict.isInterrupted), "calls": .int(calls),
      "seconds": .double(Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18),
      "done": .strings(verdict.done.map(\.description)),
      "lingering": .array(lingering.map { Self.json($0.step, $0.departure) }),
      "failed": .array(
        verdict.failures.map { step, failure in
          [
            "step": .string(step.description),
            "diagnostics": .array(failure.diagnostics(step).map(\.json)),
          ]
        }),
      "notStarted": .strings(verdict.notStarted.map(\.description)),
      "notes": .array(notes.map(\.json)),
    ]
  }

  private static func json(_ step: Step.ID, _ departure: Departure) -> JSON {
    let address = JSON.string(step.address.description)
    switch departure {
    case .gone, .withParent: return ["address": address, "outcome": "deleted"]
    case .scheduled(let day): return ["address": address, "outcome": "scheduled", "for": .optional(day)]
    case .kept(let reason): return ["address": address, "outcome": "kept", "because": .string(reason)]
    }
  }
}
