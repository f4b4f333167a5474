// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// What Route 53, CloudWatch and the functions can do to notice a failure.
  static let health: [Rule] = [
    Rule(
      "HA090", "endpoint-interval",
      what: "Route 53 checks every 10 or every 30 seconds.",
      why: "Its health checks know these two intervals.",
      wayOut: "set `health.endpoint.every` to 10s",
      reads: ["health.endpoint.every"]
    ) { stack in
      let every = stack.health.endpoint.every
      return [.seconds(10), .seconds(30)].contains(every)
        ? [] : [Finding("Route 53 does not check every \(every.specText)", at: stack.health.endpoint.$every.span)]
    },
    Rule(
      "HA091", "endpoint-timeout",
      what: "The health function answers within 500 to \(longestAnswer.specText).",
      why: """
        Route 53 waits 2 seconds for an answer, of which the network takes some; an answer that comes later than the \
        failure it tells of is a failure of its own, and hides which one it was.
        """,
      wayOut: "set `health.endpoint.timeout` to 1500ms",
      reads: ["health.endpoint.timeout"]
    ) { stack in
      let timeout = stack.health.endpoint.timeout
      return (.milliseconds(500)...longestAnswer).contains(timeout)
        ? [] : [Finding("a deadline of \(timeout.specText) cannot work", at: stack.health.endpoint.$timeout.span)]
    },
    Rule(
      "HA092", "probe-interval",
      what: "The probe looks every 10, 20 or 30 seconds.",
      why: "Its interval is the period of its alarm, and below a minute CloudWatch knows these three.",
      wayOut: "set `health.probe.every` to 10s",
      reads: ["health.probe.every"]
    ) { stack in
      let every = stack.health.probe.every
      return [10, 20, 30].contains { every == .seconds($0) }
        ? [] : [Finding("no alarm has a period of \(every.specText)", at: stack.health.probe.$every.span)]
    },
    Rule(
      "HA093", "probe-round",
      what: "All attempts of a round of the probe end before the next round begins, each after 200ms at least.",
      why: """
        A round that is longer than its interval delays every round after it, and the metric has gaps just when the writer \
        hangs. A login with TLS and SCRAM alone takes a hundred milliseconds.
        """,
      wayOut: "set `health.probe` to {every: 10s, attempts: 2, timeout: 1500ms, pause: 1s}",
      reads: ["health.probe"]
    ) { stack in
      let probe = stack.health.probe
      if probe.timeout < .milliseconds(200) {
        return [Finding("nobody logs in within \(probe.timeout.specText)", at: probe.$timeout.span)]
      }
      guard probe.longestRound >= probe.every else { return [] }
      return [
        Finding(
          "\(count(probe.attempts, "attempt")) can take \(probe.longestRound.secondsText), and the next round begins "
            + "after \(probe.every.specText)", at: probe.$timeout.span)
      ]
    },
    Rule(
      "HA094", "check-names",
      what: "Checks of one list have different names.",
      why: "A check's name is what logs and metrics call it: of two with one name nobody knows which failed.",
      wayOut: "give each check a name of its own",
      reads: ["health.checks", "backups.verify.checks"]
    ) { stack in
      [stack.health.checks, stack.backups.verify.checks].flatMap { checks in
        repetitions(of: checks, by: \.name) { check, first in
          Finding(
            "a second check is named \"\(check.name)\"", at: check.$name.span,
            notes: ["the first is in line \(first.$name.span.start.line)"])
        }
      }
    },
    Rule(
      "HA095", "check-statement",
      what: "A check is one query.",
      why: "The Data API takes one statement at a time, and a check that changes something is none.",
      wayOut: "write one `select`, without a semicolon",
      reads: ["health.checks", "backups.verify.checks"]
    ) { stack in
      (stack.health.checks + stack.backups.verify.checks).filter { !$0.isOneQuery }.map { check in
        Finding("\"\(check.sql.clipped)\" is not one query", at: check.$sql.span)
      }
    },
    Rule(
      "HA096", "check-proves", .warning,
      what: "A check asks the database something.",
      why: "`select 1` passes on a reader, and on a writer whose storage is stuck.",
      wayOut: "ask for what a healthy writer knows, for example select not pg_is_in_recovery()",
      reads: ["health.checks", "backups.verify.checks"]
    ) { stack in
      (stack.health.checks + stack.backups.verify.checks).filter(\.isConstant).map { check in
        Finding("\"\(check.sql.clipped)\" is true of every database", at: check.$sql.span)
      }
    },
    Rule(
      "HA097", "lag-order",
      what: "The lag that warns is at least 1ms and smaller than the one that pages.",
      why: "People are paged for what they have been warned of; the metric is in milliseconds.",
      wayOut: "set `health.replicaLag` to {warn: 500ms, page: 2s}",
      reads: ["health.replicaLag"]
    ) { stack in
      let lag = stack.health.replicaLag
      guard lag.warn < .milliseconds(1) || lag.warn >= lag.page else { return [] }
      let isDefault = lag.$warn.isDefault
      return [
        Finding(
          "\(lag.warn.specText) warns and \(lag.page.specText) pages",
          at: isDefault ? lag.$page.span : lag.$warn.span)
      ]
    },
  ]

  /// What is left of Route 53's 2 seconds without the network.
  static let longestAnswer = Duration.milliseconds(1500)
}

extension SQLCheck {
  /// Begins as a query, and has no second statement behind it.
  fileprivate var isOneQuery: Bool {
    let first = sql.prefix { !$0.isWhitespace && $0 != "(" }.lowercased()
    return ["select", "with", "values", "table", ""].contains(first) && !sql.contains(";")
  }

  /// A literal is all that is selected.
  fileprivate var isConstant: Bool {
    let words = sql.lowercased().split(whereSeparator: \.isWhitespace)
    guard words.count == 2, words[0] == "select" else { return false }
    return words[1].allSatisfy { $0.isNumber || $0 == "'" } || words[1] == "true"
  }
}
