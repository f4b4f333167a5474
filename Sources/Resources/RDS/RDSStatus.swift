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

extension CallError {
  /// The same as `.conflict` where AWS takes a while to see a role or a key that was made a moment ago.
  ///
  /// IAM and KMS are eventually consistent, and RDS reports what it cannot see yet as a wrong parameter. A role that really
  /// lacks the permission gives the same message until the kind's patience ends.
  var waitingForRoleOrKey: CallError {
    let isRole = code.hasPrefix("InvalidParameterValue") && message.contains("ENHANCED_MONITORING")
    guard isRole || code.hasPrefix("KMSKeyNotAccessible") else { return self }
    var error = self
    error.category = .conflict
    return error
  }
}

/// Carries out `call` so that what it needs and AWS cannot see yet is tried again; see `waitingForRoleOrKey`.
func awaitingRoleOrKey<T>(_ call: () async throws(CallError) -> T) async throws(CallError) -> T {
  do {
    return try await call()
  } catch {
    throw error.waitingForRoleOrKey
  }
}
