// SPDX-License-Identifier: Apache-2.0

internal import Core

/// The trail of what harecon did, and of what the functions decided and did.
package struct Audit: Sendable {
  @Located package var retention: Duration
  @Located package var evidence: Evidence

  package init() {}
}

/// The bucket that keeps the reports of drills and the results of restore tests.
package struct Evidence: Sendable {
  @Located package var retention: Duration
  @Located package var lock: EvidenceLock

  package init() {}
}

package enum EvidenceLock: String, Choice {
  case none
  case governance
  case compliance

  package var meaning: String {
    switch self {
    case .none: "versions are kept, and an administrator can delete them"
    case .governance: "nobody without a special permission deletes a report before its time"
    case .compliance: "nobody at all, AWS included, deletes a report before its time; it cannot be taken back"
    }
  }
}

extension Audit: Section {
  package static let fields: [Field<Audit>] = [
    .defaulted(
      "retention", \.$retention, .duration, .days(400),
      "How long the trail and the functions' logs are kept, in the numbers of days that CloudWatch Logs knows."),
    .section(
      "evidence", \.$evidence, required: false,
      "The bucket with the reports of drills and the results of restore tests: versioned, encrypted with the stack's key, never public."
    ),
  ]
}

extension Evidence: Section {
  package static let fields: [Field<Evidence>] = [
    .defaulted(
      "retention", \.$retention, .duration, .days(400), "How long a report is kept, in whole days."),
    .defaulted(
      "lock", \.$lock, .choice, .none,
      "Who may delete a report before its time is over: object lock, decided when the bucket is made."),
  ]
}
