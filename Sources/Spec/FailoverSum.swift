// SPDX-License-Identifier: Apache-2.0

internal import Core

/// How long a failover of a stack takes at most, as the sum of what it is made of, and what notices that one is needed.
///
/// Every number is the spec's own or a fact about AWS that is named beside it.
package struct FailoverSum: Sendable {
  package struct Term: Sendable, Hashable {
    package let name: String
    package let duration: Duration
    /// The numbers that it is made of; nil for a single one.
    package let formula: String?
    /// Where the numbers come from: fields of the spec, or a fact about AWS.
    package let source: String
  }

  /// What may notice a failure, each independently of the others, with the longest time that it takes.
  package let detectors: [Term]
  /// What follows one after the other.
  package let terms: [Term]

  package init(_ stack: Stack) {
    let (health, failover) = (stack.health, stack.failover)
    detectors = [
      Self.call(of: health.probe), Self.alarm(of: health.probe), Self.endpoint(health.endpoint),
    ]
    let call = Self.call(of: health.probe)
    let detection = Term(
      name: "detection", duration: call.duration, formula: call.formula,
      source: "health.probe, which calls the coordinator by itself")
    terms = [
      detection, Self.decision(failover, health.probe, after: detection.duration),
      Term(
        name: "promotion", duration: .seconds(60), formula: nil,
        source: "Aurora promotes a reader in less than 60s, often less than 30s"),
      Term(
        name: "endpoint", duration: .seconds(20), formula: nil,
        source: "Aurora moves the cluster's name in 15s to 20s"),
      Term(name: "names", duration: stack.dns.ttl, formula: nil, source: "dns.ttl"),
      Term(
        name: "reconnect", duration: .seconds(5), formula: nil,
        source: "keepalives of 1s, five times, find a dead connection"),
    ]
  }

  package var total: Duration { terms.reduce(.zero) { $0 + $1.duration } }
}

// MARK: Detection

extension FailoverSum {
  /// A round begins at most one interval after the failure, and all of its attempts hang until their deadline.
  private static func call(of probe: HealthProbe) -> Term {
    Term(
      name: "probe", duration: probe.every + probe.longestRound + invocation,
      formula: "\(round(probe)) + \(invocation.secondsText) invocation", source: "health.probe")
  }

  static func alarm(of probe: HealthProbe) -> Term {
    Term(
      name: "probe's alarm", duration: probe.every + probe.longestRound + ingestion + evaluation,
      formula: "\(round(probe)) + \(ingestion.secondsText) ingestion + \(evaluation.secondsText) evaluation",
      source: "health.probe; CloudWatch evaluates a high-resolution alarm every 10s")
  }

  private static func round(_ probe: HealthProbe) -> String {
    let pauses = probe.attempts > 1 ? " + \(probe.attempts - 1) × \(probe.pause.secondsText)" : ""
    return "\(probe.every.secondsText) + \(probe.attempts) × \(probe.timeout.secondsText)\(pauses)"
  }

  /// Each checker waits one interval from an answer to its next request, and changes its mind after `failures` of them.
  static func endpoint(_ endpoint: HealthEndpoint, failures: Int? = nil) -> Term {
    let failures = failures ?? endpoint.failures
    return Term(
      name: "endpoint check", duration: (endpoint.every + endpoint.timeout) * failures + aggregation,
      formula: "\(failures) × (\(endpoint.every.secondsText) + \(endpoint.timeout.secondsText)) + "
        + "\(aggregation.secondsText) until Route 53's checkers agree",
      source: "health.endpoint")
  }

  /// From the probe's call to the coordinator's first line.
  private static let invocation = Duration.seconds(1)
  /// From a data point to its being seen by alarms.
  private static let ingestion = Duration.seconds(3)
  /// How often CloudWatch looks at an alarm with a period below a minute.
  private static let evaluation = Duration.seconds(10)
  /// AWS does not say how long it takes until more than 82 % of the checkers' answers count; 1 s to 5 s are seen.
  private static let aggregation = Duration.seconds(5)
}

// MARK: Decision

extension FailoverSum {
  /// What is left of `failover.trigger.after`, which counts from the first failed attempt, when the probe calls.
  private static func decision(_ failover: Failover, _ probe: HealthProbe, after detection: Duration) -> Term {
    switch failover.mode {
    case .automatic:
      let (wait, passed) = (failover.trigger.after, detection - probe.every)
      return Term(
        name: "decision", duration: max(wait - passed, .zero),
        formula: "\(wait.secondsText) - \(passed.secondsText) since the first failed attempt",
        source: "failover.trigger.after")
    case .advise:
      return Term(
        name: "decision", duration: .zero, formula: nil, source: "failover.mode: Aurora decides, or a person does")
    }
  }
}

extension Duration {
  /// As `specText`, but with a decimal point where milliseconds would not be read at a glance: `14.5s`.
  package var secondsText: String {
    guard self != .seconds(wholeSeconds) else { return specText }
    return PlainScalar.shortest(inSeconds) + "s"
  }

  /// To the millisecond.
  package var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds * 1000 + attoseconds / 1_000_000_000_000_000) / 1000
  }
}
