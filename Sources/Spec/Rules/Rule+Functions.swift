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
      }),
    Rule(
      "HA161", "environment-size",
      what: "The checks of a list fit into a function's environment: \(roomForChecks) bytes, as JSON within JSON.",
      why: """
        All variables of a function have 4096 bytes together, which Lambda measures as the JSON that it keeps them in; the \
        names of what the function works with take up to \(environmentBytes - roomForChecks) of them. A longer one is \
        refused in the middle of an apply.
        """,
      wayOut: "make long queries functions or views of the database, and check what these answer",
      reads: ["health.checks", "backups.verify.checks"]
    ) { stack in
      let verify = stack.backups.verify
      return [
        ("health.checks", stack.health.checks, stack.health.$checks.span),
        ("backups.verify.checks", verify.checks, verify.$checks.span),
      ].compactMap { path, checks, span in
        let bytes = JSON.string(SQLCheck.text(checks)).text().utf8.count
        guard bytes > roomForChecks else { return nil }
        return Finding(
          "\"\(path)\" takes \(bytes) bytes of a function's environment, which has room for \(roomForChecks)", at: span)
      }
    },
  ]

  private static let environmentBytes = 4096
  /// Beside the longest names that a spec can have; the blueprint's tests hold it against them.
  private static let roomForChecks = 2560

  private static let newestRuntime = FunctionRuntime.python313
}
