// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

/// Which run it is, and whose.
package struct TrailRun: Sendable, Hashable {
  /// Unlike every other run's.
  package let id: String
  /// `apply`, `destroy` or `reconcile`.
  package let command: String
  /// Of harecon.
  package let version: String
  /// The ARN by which AWS knows who runs it.
  package let caller: String

  /// - Parameters:
  ///   - moment: letters and digits, for example `20261122t164500z`.
  ///   - random: tells runs of one second apart.
  package init(command: String, version: String, caller: String, moment: String, random: UInt32) {
    id = "\(moment)-\(String(UInt64(random) + 0x1_0000_0000, radix: 16).dropFirst())"
    self.command = command
    self.version = version
    self.caller = caller
  }

  /// The name of its stream, below harecon's own: its role may write to no function's.
  package var stream: String { "\(TrailLine.writer)/\(id)" }

  func facts(of plan: Plan) -> JSONObject {
    let touched = Set(plan.steps.map(\.id.address))
    let words = plan.changes.filter { touched.contains($0.address) }.compactMap(\.action.counted)
    let counts = Dictionary(grouping: words) { $0 }.mapValues(\.count)
    return [
      "command": .string(command), "version": .string(version), "caller": .string(caller),
      "stack": .string(plan.stack), "account": .string(plan.account), "region": .string(plan.region),
      "specDigest": .string(plan.specDigest), "planDigest": .string(plan.digest), "steps": .int(plan.steps.count),
      "counts": .object(
        JSONObject(Action.countedWords.map { (key: $0, value: .int(counts[$0] ?? 0)) })),
    ]
  }
}

extension Action {
  fileprivate static let countedWords = ["create", "update", "replace", "delete"]

  fileprivate var counted: String? {
    switch self {
    case .noOp: nil
    case .create: "create"
    case .update: "update"
    case .replace: "replace"
    case .delete: "delete"
    }
  }
}

extension Verdict {
  func facts(exitCode: ExitCode) -> JSONObject {
    let outcome =
      if isSuccess { "done" } else if isInterrupted { "interrupted" } else if failures.isEmpty { "incomplete" } else {
        "failed"
      }
    return [
      "outcome": .string(outcome), "exitCode": .int(Int(exitCode.rawValue)), "done": .int(done.count),
      "failed": .int(failures.count), "notStarted": .int(notStarted.count),
    ]
  }
}
