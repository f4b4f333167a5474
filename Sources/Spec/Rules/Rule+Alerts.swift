// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// Who is told, and whether it can reach them.
  static let alerts: [Rule] = [
    Rule(
      "HA130", "alert-choice",
      what: "An alert's channel is exactly one of https, email, sqs and lambda.",
      why: "A subscription has one protocol and one endpoint.",
      wayOut: "write one item for each, for example {email: oncall@example.com}",
      reads: ["alerts.critical", "alerts.warning"]
    ) { stack in
      [stack.alerts.$critical, stack.alerts.$warning].flatMap { list in
        list.value.compactMap { channel in
          let targets = channel.targets
          if targets.isEmpty { return Finding("a channel says nothing", at: channel.$https.span) }
          guard let second = targets.dropFirst().first else { return nil }
          return Finding("a channel says \(targets.count) things at once", at: second.endpoint.span)
        }
      }
    },
    Rule(
      "HA131", "alert-encrypted",
      what: "A web hook is called over HTTPS.",
      why: "Alerts name hosts, accounts and what is broken; over HTTP everybody on the way reads and forges them.",
      wayOut: "give the https:// address of the hook",
      reads: ["alerts.critical", "alerts.warning"]
    ) { stack in
      channels(stack).filter { $0.endpoint.value.hasPrefix("http://") }.map { target in
        Finding("\"\(target.endpoint.value.clipped)\" is not encrypted", at: target.endpoint.span)
      }
    },
    Rule(
      "HA132", "alert-distinct",
      what: "A topic has each endpoint once.",
      why: "SNS keeps one subscription of an endpoint to a topic: of two that are wanted one could never exist.",
      wayOut: "remove one of the two",
      reads: ["alerts.critical", "alerts.warning"]
    ) { stack in
      [stack.alerts.critical, stack.alerts.warning].flatMap { list in
        repetitions(of: list.flatMap(\.targets), by: \.self) { target, first in
          Finding(
            "\"\(target.endpoint.value.clipped)\" is named twice", at: target.endpoint.span,
            notes: ["the first is in line \(first.endpoint.span.start.line)"])
        }
      }
    },
    Rule(
      "HA133", "alert-queue",
      what: "An alert's queue is a standard one.",
      why: "A standard topic, which CloudWatch alarms need, delivers to no FIFO queue.",
      wayOut: "name a queue without .fifo",
      reads: ["alerts.critical", "alerts.warning"]
    ) { stack in
      channels(stack).filter { $0.endpoint.value.hasSuffix(".fifo") }.map { target in
        Finding("\"\(target.endpoint.value.clipped)\" is a FIFO queue", at: target.endpoint.span)
      }
    },
    Rule(
      "HA134", "alert-somebody", .warning,
      what: "Somebody is told of what is critical.",
      why: "A failover that failed, and that nobody hears of, is an outage until a customer calls.",
      wayOut: "name a channel in `alerts.critical`, for example {email: oncall@example.com}",
      reads: ["alerts.critical"]
    ) { stack in
      stack.alerts.critical.isEmpty ? [Finding("nobody is told when the writer is lost", at: stack.$alerts.span)] : []
    },
    Rule(
      "HA135", "alert-silence",
      what: "The time without a pass of `reconcile` is 1m to 1d in whole minutes.",
      why: "CloudWatch evaluates an alarm over one day at most, in whole minutes.",
      wayOut: "set `alerts.reconciledWithin` to 1h",
      reads: ["alerts.reconciledWithin"]
    ) { stack in
      guard let within = stack.alerts.reconciledWithin else { return [] }
      return wholeMinutes(within, 1...1440)
        ? []
        : [Finding("\(within.specText) is not 1m to 1d in whole minutes", at: stack.alerts.$reconciledWithin.span)]
    },
  ]

  private static func channels(_ stack: Stack) -> [AlertChannel.Target] {
    (stack.alerts.critical + stack.alerts.warning).flatMap(\.targets)
  }

  static func wholeMinutes(_ duration: Duration, _ range: ClosedRange<Int>) -> Bool {
    let minutes = duration.wholeSeconds / 60
    return duration == .minutes(minutes) && range.contains(minutes)
  }
}
