// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// What the functions run on.
  static let functions: [Rule] = [
    Rule(
      "HA160", "runtime-support",
      what: "The functions' runtime is supported for at least a year to come.",
      why: """
        When support ends AWS patches a runtime no more; a month later it makes no new function with it, and after that it \
        takes no new code: a mend of the coordinator would be refused on the day that it is needed.
        """,
      wayOut: "set `functions.runtime` to \(newestRuntime.rawValue)",
      reads: ["functions.runtime"],
      on: { stack, today in
        let runtime = stack.functions.runtime
        let (patches, creation, updates) = runtime.deprecation
        guard today >= patches.yearBefore else { return [] }
        return [
          Finding(
            "\(runtime.rawValue) is supported until \(patches)", at: stack.functions.$runtime.span,
            notes: ["AWS makes no new function with it from \(creation) on and updates none from \(updates) on"])
        ]
      })
  ]

  private static let newestRuntime = FunctionRuntime.python313
}
