// SPDX-License-Identifier: Apache-2.0

internal import Core

/// AWS Backup: a vault, a daily copy in it, and a daily restore that proves it.
package struct Backups: Sendable {
  @Located package var at: TimeOfDay
  @Located package var retention: Duration
  @Located package var lock: VaultLock
  @Located package var lockAfter: Duration
  @Located package var verify: BackupVerification

  package init() {}
}

package enum VaultLock: String, Choice {
  case none
  case governance
  case compliance

  package var meaning: String {
    switch self {
    case .none: "no lock: the vault's policy alone refuses deletion"
    case .governance: "nobody without a special permission deletes a backup before its time"
    case .compliance: "nobody at all, AWS included, deletes a backup before its time; it cannot be taken back"
    }
  }
}

/// The restore that proves the backups.
package struct BackupVerification: Sendable {
  @Located package var at: TimeOfDay
  @Located package var within: Duration
  @Located package var checks: [SQLCheck]

  package init() {}
}

extension Backups: Section {
  package static let fields: [Field<Backups>] = [
    .defaulted(
      "at", \.$at, .timeOfDay, .hour(1),
      "When the daily backup begins, in UTC, apart from the cluster's own windows."),
    .defaulted(
      "retention", \.$retention, .duration, .days(14),
      "How long a backup is kept in the vault, beside the cluster's own automated ones."),
    .defaulted(
      "lock", \.$lock, .choice, .none,
      "Who may delete a backup before its time is over."),
    .defaulted(
      "lockAfter", \.$lockAfter, .duration, .days(3),
      "How long a `compliance` lock can still be taken back, at least 3 days."),
    .section(
      "verify", \.$verify, required: false,
      """
      The restore test: every day AWS Backup restores the newest backup as a cluster, the verifier adds an instance, runs \
      the checks, measures how old the newest heartbeat is, reports the result and removes the instance.
      """),
  ]
}

extension BackupVerification: Section {
  package static let fields: [Field<BackupVerification>] = [
    .defaulted(
      "at", \.$at, .timeOfDay, .hour(3), "When the daily restore begins, in UTC."),
    .defaulted(
      "within", \.$within, .duration, .seconds(4 * 3600),
      """
      How long restored data is kept for the checks, in whole hours from 1 to 168; after that AWS Backup deletes it, \
      checked or not.
      """),
    .defaulted(
      "checks", \.$checks, .list(of: SQLCheck.self, atLeast: 1, text: \.specText), [.readable],
      "What has to be true of the restored data."),
  ]
}

extension SQLCheck {
  fileprivate static let readable = SQLCheck("readable", "select count(*) > 0 from pg_class", expect: "true")
}
