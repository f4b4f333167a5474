// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Health {
  /// What the status text of a cluster or an instance means for those who wait.
  ///
  /// AWS adds statuses without notice: one that is not listed here is on its way to another.
  init(rdsStatus status: String) {
    let status = status.lowercased()
    switch status {
    case "available":
      self = .ready
    case "deleting":
      self = .leaving(status)
    case "failed", "incompatible-credentials", "incompatible-network", "incompatible-option-group",
      "incompatible-parameters", "incompatible-restore", "insufficient-capacity", "restore-error", "storage-full",
      "cloning-failed", "migration-failed":
      self = .degraded(status)
    case "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable":
      self = .degraded("\(status): the customer key is disabled, about to be deleted or not usable by RDS")
    case "stopped":
      self = .degraded("stopped: start it with `aws rds start-db-cluster`")
    default:
      self = .progressing(status)
    }
  }
}
