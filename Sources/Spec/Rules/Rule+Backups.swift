// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// The vault, and the restore that proves what is in it.
  static let backups: [Rule] = [
    Rule(
      "HA120", "vault-retention",
      what: "Backups are kept 2 to 36500 whole days.",
      why: """
        AWS Backup counts in days and takes no more. With one day the newest backup may be gone before the next one is \
        ready, and the restore test finds none.
        """,
      wayOut: "set `backups.retention` to 14d",
      reads: ["backups.retention"]
    ) { stack in
      wholeDays(stack.backups.$retention, 2...36_500)
    },
    Rule(
      "HA121", "vault-lock-after",
      what: "A lock can be taken back for 3 to 36500 whole days.",
      why: "AWS Backup grants three days at least to undo a lock that nobody can undo afterwards.",
      wayOut: "set `backups.lockAfter` to 3d",
      reads: ["backups.lockAfter"]
    ) { stack in
      wholeDays(stack.backups.$lockAfter, 3...36_500)
    },
    Rule(
      "HA122", "vault-lock-final", .warning,
      what: "A lock that cannot be taken back is meant.",
      why: """
        Under a compliance lock nobody deletes a backup before its time: neither `destroy` nor AWS can, and the vault is \
        paid for until then.
        """,
      wayOut: "choose governance unless a regulator asks for compliance",
      reads: ["backups.lock", "audit.evidence.lock"]
    ) { stack in
      var findings: [Finding] = []
      if stack.backups.lock == .compliance {
        findings.append(Finding("the vault's lock cannot be taken back", at: stack.backups.$lock.span))
      }
      if stack.audit.evidence.lock == .compliance {
        findings.append(Finding("the bucket's lock cannot be taken back", at: stack.audit.evidence.$lock.span))
      }
      return findings
    },
    Rule(
      "HA123", "verify-window",
      what: "Restored data is kept for 1 to 168 whole hours.",
      why: "Restore testing counts the time for validation in whole hours, up to a week.",
      wayOut: "set `backups.verify.within` to 4h",
      reads: ["backups.verify.within"]
    ) { stack in
      let within = stack.backups.verify.within
      let hours = within.wholeSeconds / 3600
      return within == .seconds(hours * 3600) && (1...168).contains(hours)
        ? []
        : [Finding("\(within.specText) is not 1 to 168 whole hours", at: stack.backups.verify.$within.span)]
    },
    Rule(
      "HA124", "backup-apart", .warning,
      what: "The daily backup begins outside of the cluster's backup and maintenance windows.",
      why:
        "RDS refuses a snapshot while it takes one of its own, and a restart in the middle of one delays it by hours.",
      wayOut: "move `backups.at` or the cluster's window",
      reads: ["backups.at", "cluster.backupWindow", "cluster.maintenanceWindow"]
    ) { stack in
      let (at, cluster) = (stack.backups.at, stack.cluster)
      let span = stack.backups.$at.isDefault ? cluster.$backupWindow.span : stack.backups.$at.span
      if cluster.backupWindow.contains(at) {
        return [Finding("\(at) lies in the backup window \"\(cluster.backupWindow)\"", at: span)]
      }
      guard cluster.maintenanceWindow.contains(at) else { return [] }
      return [Finding("\(at) lies in the maintenance window \"\(cluster.maintenanceWindow)\"", at: span)]
    },
  ]
}
