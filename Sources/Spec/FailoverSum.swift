// SPDX-License-Identifier: Apache-2.0

internal import Core

/// How long a failover of a stack takes at most, as the sum of what it is made of.
package struct FailoverSum: Sendable {
  package struct Term: Sendable, Hashable {
    package let name: String
    package let duration: Duration
    /// Where the number comes from.
    package let source: String
  }

  package let terms: [Term]

  package init(objectives: Objectives, dns: DNS) {
    terms = [
      Term(name: "detection", duration: objectives.detectWithin, source: "objectives.detectWithin"),
      Term(name: "promotion", duration: .seconds(60), source: "Aurora: a reader is promoted in less than 60 s"),
      Term(name: "endpoint", duration: .seconds(20), source: "Aurora: the cluster's name moves in 15 to 20 s"),
      Term(name: "names", duration: dns.ttl, source: "dns.ttl"),
      Term(name: "reconnect", duration: .seconds(5), source: "a client's keepalives find the dead connection in 5 s"),
    ]
  }

  package var total: Duration { terms.reduce(.zero) { $0 + $1.duration } }
}
