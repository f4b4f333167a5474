// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// What the stack promises, and whether it can.
  static let objectives: [Rule] = [
    Rule(
      "HA070", "detection-possible",
      what: "A failure has at least 20 seconds to be noticed.",
      why: """
        The probe runs every 10 seconds, tries twice, and an alarm is evaluated every 10 seconds: nothing on AWS notices \
        reliably in less.
        """,
      wayOut: "set `objectives.detectWithin` to 30s",
      reads: ["objectives.detectWithin"]
    ) { stack in
      let limit = stack.objectives.detectWithin
      return limit >= .seconds(20)
        ? [] : [Finding("\(limit.specText) is too short to notice anything", at: stack.objectives.$detectWithin.span)]
    },
    Rule(
      "HA071", "failover-sum",
      what: "Detection, promotion, names and reconnection fit into the failover objective.",
      why: """
        Aurora promotes a reader in less than 60 seconds and moves the cluster's name in another 15 to 20; what clients \
        remember and their own reconnection come on top.
        """,
      wayOut: "shorten `objectives.detectWithin` or `dns.ttl`, or allow more in `objectives.failoverWithin`",
      reads: ["objectives", "dns.ttl"]
    ) { stack in
      let (objectives, sum) = (stack.objectives, FailoverSum(objectives: stack.objectives, dns: stack.dns))
      // A TTL beyond what HA030 allows has been reported there.
      guard sum.total > objectives.failoverWithin, stack.dns.ttl <= .seconds(60) else { return [] }
      let terms = sum.terms.map { "\($0.name) \($0.duration.specText) (\($0.source))" }
      return [
        Finding(
          "a failover takes up to \(sum.total.specText), and \(objectives.failoverWithin.specText) are allowed",
          at: objectives.$failoverWithin.span, notes: terms)
      ]
    },
  ]
}
