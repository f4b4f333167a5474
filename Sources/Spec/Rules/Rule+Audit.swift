// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// How long the trail and the evidence are kept.
  static let audit: [Rule] = [
    Rule(
      "HA140", "audit-retention",
      what: "The trail is kept for a number of days that CloudWatch Logs knows.",
      why: "`PutRetentionPolicy` takes a fixed set of numbers.",
      wayOut: logDaysText,
      reads: ["audit.retention"]
    ) { stack in
      unknownToLogs(stack.audit.$retention)
    },
    Rule(
      "HA141", "evidence-retention",
      what: "Reports are kept 1 to 36500 whole days.",
      why: "S3 counts the days of a lock and of a lifecycle.",
      wayOut: "set `audit.evidence.retention` to 400d",
      reads: ["audit.evidence.retention"]
    ) { stack in
      wholeDays(stack.audit.evidence.$retention, 1...36_500)
    },
  ]
}
