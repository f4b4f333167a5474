// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// What the stack promises, and whether it can.
  static let objectives: [Rule] = [
    Rule(
      "HA070", "detection-possible",
      what: "A failure has at least \(leastDetection.specText) to be noticed.",
      why: """
        The probe runs every 10 seconds at most, what it finds takes some seconds to reach CloudWatch, and an alarm is \
        evaluated every 10 seconds: nothing on AWS notices reliably in less.
        """,
      wayOut: "set `objectives.detectWithin` to 30s",
      reads: ["objectives.detectWithin"]
    ) { stack in
      let limit = stack.objectives.detectWithin
      return limit >= leastDetection
        ? [] : [Finding("\(limit.specText) is too short to notice anything", at: stack.objectives.$detectWithin.span)]
    },
    Rule(
      "HA071", "failover-sum",
      what: "Detection, decision, promotion, names and reconnection fit into the failover objective.",
      why: """
        Aurora promotes a reader in less than 60 seconds and moves the cluster's name in another 15 to 20; what the \
        coordinator waits, what clients remember and their own reconnection come on top.
        """,
      wayOut: "shorten the term that is too long, or allow more in `objectives.failoverWithin`",
      reads: ["objectives", "dns.ttl", "health.probe", "health.endpoint", "failover.mode", "failover.trigger"]
    ) { stack in
      let sum = FailoverSum(stack)
      // What is out of bounds by itself has been reported by its own rule.
      guard sum.total > stack.objectives.failoverWithin, stack.dns.ttl <= .seconds(60),
        stack.health.probe.every <= .seconds(30)
      else { return [] }
      return [tooLong(sum, stack)]
    },
    Rule(
      "HA072", "endpoint-detects",
      what: "Route 53's check notices a failure within the objective.",
      why: """
        A checker waits one interval from an answer to the next request and changes its mind after so many failures in a \
        row: three at 10 seconds take up to 40 seconds. The service's name follows this check alone.
        """,
      wayOut: "set `health.endpoint` to {every: 10s, failures: 2}",
      reads: ["objectives.detectWithin", "health.endpoint"]
    ) { stack in
      let (endpoint, limit) = (stack.health.endpoint, stack.objectives.detectWithin)
      let time = FailoverSum.endpoint(endpoint)
      guard time.duration > limit, limit >= leastDetection, endpoint.timeout <= longestAnswer else { return [] }
      let message = """
        Route 53 notices a failure after up to \(time.duration.secondsText) (\(time.formula ?? "")), and \
        \(limit.specText) are allowed
        """
      let most = (1..<endpoint.failures).last { FailoverSum.endpoint(endpoint, failures: $0).duration <= limit }
      return [
        most.map { Finding(message, at: endpoint.$failures.span, hint: "set `health.endpoint.failures` to \($0)") }
          ?? Finding(message, at: endpoint.$every.span, hint: "set `health.endpoint.every` to 10s")
      ]
    },
    Rule(
      "HA073", "probe-detects",
      what: "The probe's alarm goes off within the objective.",
      why: """
        The probe calls the coordinator by itself, and the alarm stands in when that call is lost. A round begins up to \
        one interval after the failure, every attempt may hang until its deadline, and CloudWatch takes up to 13 seconds.
        """,
      wayOut: "set `health.probe` to {every: 10s, attempts: 2, timeout: 1500ms, pause: 1s}",
      reads: ["objectives.detectWithin", "health.probe"]
    ) { stack in
      let (probe, limit) = (stack.health.probe, stack.objectives.detectWithin)
      let time = FailoverSum.alarm(of: probe)
      guard time.duration > limit, limit >= leastDetection, probe.every <= .seconds(30),
        probe.longestRound < probe.every
      else { return [] }
      let message = """
        the probe's alarm goes off after up to \(time.duration.secondsText) (\(time.formula ?? "")), and \
        \(limit.specText) are allowed
        """
      if probe.every > .seconds(10) {
        return [Finding(message, at: probe.$every.span, hint: "set `health.probe.every` to 10s")]
      }
      let room = limit - (time.duration - probe.longestRound)
      let most = (1..<probe.attempts).last { probe.timeout * $0 + probe.pause * ($0 - 1) <= room }
      return [
        most.map { Finding(message, at: probe.$attempts.span, hint: "set `health.probe.attempts` to \($0)") }
          ?? Finding(message, at: probe.$timeout.span, hint: "set `health.probe.timeout` to \(room.specText) or less")
      ]
    },
  ]

  /// The least that the probe's alarm, with one short attempt every 10 seconds, and Route 53's check can do.
  private static let leastDetection = Duration.seconds(25)

  /// The finding at the term that the spec itself has made too long; at the objective when there is none.
  private static func tooLong(_ sum: FailoverSum, _ stack: Stack) -> Finding {
    let (allowed, excess) = (stack.objectives.failoverWithin, sum.total - stack.objectives.failoverWithin)
    let message = "a failover takes up to \(sum.total.secondsText), and \(allowed.specText) are allowed"
    let notes = sum.terms.map { term in
      "\(term.name) \(term.duration.secondsText) (\([term.formula, term.source].compactMap(\.self).joined(separator: "; ")))"
    }
    let levers = self.levers(stack).map { ($0, enough: $0.enough(for: excess)) }
    let ways = levers.compactMap { lever, enough in enough.map { "set `\(lever.path)` to \($0.specText)" } }
    guard let (lever, enough) = levers.first(where: { $0.0.value.value > $0.0.usual && $0.enough != nil }), let enough
    else {
      let more = "allow \(sum.total.secondsText) in `objectives.failoverWithin`"
      return Finding(
        message, at: stack.objectives.$failoverWithin.span, hint: ([more] + ways).joined(separator: ", or "),
        notes: notes)
    }
    return Finding(
      "\(message): \(lever.term) is too long", at: lever.value.span,
      hint: "set `\(lever.path)` to \(enough.specText)", notes: notes)
  }

  /// A field that a term of the sum grows and shrinks with, second by second.
  private struct Lever {
    let term: String
    let path: String
    let value: Located<Duration>
    let usual: Duration
    let least: Duration
    /// Nothing between its usual value and what it is can be chosen.
    var isStepped = false

    /// The value that makes the sum smaller by `excess`; nil when there is none.
    func enough(for excess: Duration) -> Duration? {
      let value = value.value - excess
      return value < least ? nil : isStepped ? least : value
    }
  }

  private static func levers(_ stack: Stack) -> [Lever] {
    let after = stack.failover.trigger.$after
    let waits =
      stack.failover.mode == .automatic
      ? [
        Lever(
          term: "the decision", path: "failover.trigger.after", value: after, usual: .seconds(20),
          least: shortestTrigger)
      ] : []
    let probe = stack.health.probe.$every
    return waits + [
      Lever(term: "the TTL", path: "dns.ttl", value: stack.dns.$ttl, usual: .seconds(5), least: .seconds(1)),
      Lever(
        term: "the probe's interval", path: "health.probe.every", value: probe, usual: .seconds(10),
        least: .seconds(10), isStepped: true),
    ]
  }
}
