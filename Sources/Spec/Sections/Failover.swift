// SPDX-License-Identifier: Apache-2.0

internal import Core

/// What the coordinator does when the writer fails.
package struct Failover: Sendable {
  @Located package var mode: FailoverMode
  @Located package var trigger: FailoverTrigger
  @Located package var candidate: FailoverCandidate
  @Located package var cooldown: Duration
  @Located package var maxPerDay: Int
  @Located package var drain: ConnectionDrain
  @Located package var replay: Replay

  package init() {}
}

package enum FailoverMode: String, Choice {
  case advise
  case automatic

  package var meaning: String {
    switch self {
    case .advise: "the coordinator tells people what it would do and leaves the failover to Aurora and to them"
    case .automatic: "the coordinator fails over when Aurora has not acted by itself"
    }
  }
}

/// When the coordinator acts.
package struct FailoverTrigger: Sendable {
  @Located package var after: Duration

  package init() {}
}

/// Which reader the coordinator promotes.
package struct FailoverCandidate: Sendable {
  @Located package var maxLag: Duration
  @Located package var otherZone: Bool

  package init() {}
}

/// How clients are moved off a writer.
package struct ConnectionDrain: Sendable {
  @Located package var grace: Duration

  package init() {}
}

/// The queue and the table that let transactions be tried again without being applied twice.
package struct Replay: Sendable {
  @Located package var retention: Duration
  @Located package var ledger: String
  @Located package var ledgerRetention: Duration

  package init() {}
}

extension Failover: Section {
  package static let fields: [Field<Failover>] = [
    .defaulted(
      "mode", \.$mode, .choice, .automatic,
      "Who decides on a failover that Aurora does not start by itself."),
    .section("trigger", \.$trigger, required: false, "When the coordinator acts."),
    .section(
      "candidate", \.$candidate, required: false,
      """
      Which reader is promoted: of those that qualify the one with the lowest promotion tier, then the least lag. When none \
      qualifies Aurora chooses.
      """),
    .defaulted(
      "cooldown", \.$cooldown, .duration, .minutes(15),
      "How long after a failover, whoever started it, the coordinator starts none."),
    .defaulted(
      "maxPerDay", \.$maxPerDay, .integer(1...20), 3,
      "How many failovers the coordinator starts within 24 hours; then it only tells people."),
    .section("drain", \.$drain, required: false, "How clients are moved off a writer."),
    .section(
      "replay", \.$replay, required: false,
      "The replay queue and the ledger, by which a transaction is applied once however often it is tried."),
  ]
}

extension FailoverTrigger: Section {
  package static let fields: [Field<FailoverTrigger>] = [
    .defaulted(
      "after", \.$after, .duration, .seconds(20),
      """
      How long the writer must have failed, counted from the first failed attempt of the probe, and Aurora not have acted, \
      before the coordinator fails over.
      """)
  ]
}

extension FailoverCandidate: Section {
  package static let fields: [Field<FailoverCandidate>] = [
    .defaulted(
      "maxLag", \.$maxLag, .duration, .seconds(1),
      "A reader with more lag is no candidate: it would have to catch up before it takes writes."),
    .defaulted(
      "otherZone", \.$otherZone, .flag, true,
      "Readers in other zones than the failed writer's go first, as its zone may be what failed."),
  ]
}

extension ConnectionDrain: Section {
  package static let fields: [Field<ConnectionDrain>] = [
    .defaulted(
      "grace", \.$grace, .duration, .seconds(10),
      """
      How long transactions that are open may go on before a planned switchover; then their connections are ended. A \
      failover of a failed writer does not wait.
      """)
  ]
}

extension Replay: Section {
  package static let fields: [Field<Replay>] = [
    .defaulted(
      "retention", \.$retention, .duration, .days(4),
      "How long the queue keeps a transaction that cannot be applied yet, up to 14 days."),
    .defaulted(
      "ledger", \.$ledger, .text(.sqlTable), "harecon_ledger",
      "The table in `cluster.database` that notes every transaction which was applied."),
    .defaulted(
      "ledgerRetention", \.$ledgerRetention, .duration, .days(30),
      "How long a note is kept: longer than any queue can still hold its transaction."),
  ]
}
