// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// What the coordinator may do, and what the replay queue keeps.
  static let failover: [Rule] = [
    Rule(
      "HA100", "trigger-patience",
      what: "The coordinator leaves Aurora \(shortestTrigger.specText) at least to act by itself.",
      why: """
        Aurora notices most failures within seconds. `FailoverDBCluster` is not idempotent: called while Aurora is about to \
        act it moves the writer a second time.
        """,
      wayOut: "set `failover.trigger.after` to 20s",
      reads: ["failover.trigger.after"]
    ) { stack in
      let after = stack.failover.trigger.after
      return after >= shortestTrigger
        ? []
        : [Finding("\(after.specText) leaves Aurora no time to act", at: stack.failover.trigger.$after.span)]
    },
    Rule(
      "HA101", "candidate-lag",
      what: "A candidate has less lag than somebody is paged for, and may have some.",
      why: """
        No acknowledged transaction is missing on a lagging reader, but it takes writes only when it has caught up. At 0ms \
        no reader would ever qualify.
        """,
      wayOut: "set `failover.candidate.maxLag` to 1s",
      reads: ["failover.candidate.maxLag", "health.replicaLag.page"]
    ) { stack in
      let (lag, page) = (stack.failover.candidate.$maxLag, stack.health.replicaLag.page)
      if lag.value < .milliseconds(1) { return [Finding("no reader has a lag of 0ms", at: lag.span)] }
      guard lag.value > page else { return [] }
      return [
        Finding(
          "a candidate may lag by \(lag.value.specText), and somebody is paged from \(page.specText) on",
          at: lag.isDefault ? stack.health.replicaLag.$page.span : lag.span)
      ]
    },
    Rule(
      "HA102", "cooldown",
      what: "After a failover the coordinator rests at least as long as a failover may take, and at most a day.",
      why: "While one failover is still under way the writer looks failed, and a second one would undo the first.",
      wayOut: "set `failover.cooldown` to 15m",
      reads: ["failover.cooldown", "objectives.failoverWithin"]
    ) { stack in
      let (cooldown, least) = (stack.failover.cooldown, stack.objectives.failoverWithin)
      return (least...max(least, .days(1))).contains(cooldown)
        ? []
        : [
          Finding(
            "a rest of \(cooldown.specText) is not \(least.specText) to 1d", at: stack.failover.$cooldown.span)
        ]
    },
    Rule(
      "HA103", "drain-grace",
      what: "Open transactions get at most 60 whole seconds before a switchover.",
      why: "The switchover holds new transactions back for as long.",
      wayOut: "set `failover.drain.grace` to 10s",
      reads: ["failover.drain.grace"]
    ) { stack in
      let grace = stack.failover.drain.grace
      return grace <= .seconds(60) && grace == .seconds(grace.wholeSeconds)
        ? []
        : [Finding("\(grace.specText) is not 0 to 60 whole seconds", at: stack.failover.drain.$grace.span)]
    },
    Rule(
      "HA104", "replay-retention",
      what: "The replay queue keeps a transaction for 1 hour to 14 days, in whole seconds.",
      why: "SQS keeps a message for 14 days at most, and an outage of the database may take an hour.",
      wayOut: "set `failover.replay.retention` to 4d",
      reads: ["failover.replay.retention"]
    ) { stack in
      let retention = stack.failover.replay.retention
      return (.seconds(3600) ... .days(14)).contains(retention) && retention == .seconds(retention.wholeSeconds)
        ? []
        : [
          Finding("\(retention.specText) is not 1h to 14d", at: stack.failover.replay.$retention.span)
        ]
    },
    Rule(
      "HA105", "ledger-retention",
      what: "The ledger remembers a transaction for longer than the queue and its dead letters can hold it.",
      why: """
        A dead letter is kept \(deadLetters.specText) from when it was first sent and may be sent again by hand on its last \
        day. When the ledger has forgotten the transaction by then, it is applied twice.
        """,
      wayOut: "set `failover.replay.ledgerRetention` to 30d",
      reads: ["failover.replay"]
    ) { stack in
      let replay = stack.failover.replay
      let least = replay.retention + deadLetters + .days(1)
      guard replay.ledgerRetention < least, replay.retention <= .days(14) else { return [] }
      return [
        Finding(
          "the ledger forgets after \(replay.ledgerRetention.specText), and a transaction may come back after "
            + (replay.retention + deadLetters).specText, at: replay.$ledgerRetention.span,
          hint: "keep it \(least.specText) at least")
      ]
    },
    Rule(
      "HA106", "failover-automatic", .warning,
      what: "A failover that Aurora does not start is started for it.",
      why:
        "With `advise` somebody has to wake up first: the failover objective then holds only where Aurora acts by itself.",
      wayOut: "set `failover.mode` to automatic when the drills have shown that it can be trusted",
      reads: ["failover.mode"]
    ) { stack in
      switch stack.failover.mode {
      case .automatic: []
      case .advise: [Finding("nobody acts when Aurora does not", at: stack.failover.$mode.span)]
      }
    },
  ]

  /// The least that `failover.trigger.after` can be.
  static let shortestTrigger = Duration.seconds(10)
  /// How long SQS keeps a message in a dead-letter queue, at most.
  private static let deadLetters = Duration.days(14)
}
