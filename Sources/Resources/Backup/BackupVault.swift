// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIBackup
package import AWSClient
package import Core
package import ResourceKit

// aws: backup CreateBackupVault DeleteBackupVault ListBackupVaults ListTags TagResource UntagResource
// aws: backup GetBackupVaultAccessPolicy PutBackupVaultAccessPolicy DeleteBackupVaultAccessPolicy
// aws: backup PutBackupVaultLockConfiguration DeleteBackupVaultLockConfiguration

/// Where AWS Backup keeps the copies of the database.
///
/// - The key is fixed when the vault is made.
/// - Its access policy may deny the deletion of what it keeps. A lock does so too: one with a grace can be taken back until
///   the grace is over, and by nobody afterwards, AWS included.
/// - Only `destroy` lets go of it. AWS deletes no vault that holds a recovery point: it is then kept, with a tag that says
///   so, counts as gone, and is taken back when the stack is made again.
package enum BackupVault: ResourceKind {
  package static let name: KindName = "backup/vault"
  package static let identity: Identity = .name
  package static let holdsData = true
  package static let follows: [KindName] = ["kms/key", "iam/role"]

  package struct Desired: Sendable {
    package var name: String
    /// The ARN of the key.
    package var key: Input<String>
    /// JSON.
    package var policy: String?
    package var lock: Lock?
    /// Days in which a compliance lock can still be taken back, 3 or more.
    package var lockGrace: Int
    package var tags: [String: String]

    package init(
      name: String, key: Input<String>, policy: String? = nil, lock: Lock? = nil, lockGrace: Int = 3,
      tags: [String: String]
    ) {
      self.name = name
      self.key = key
      self.policy = policy
      self.lock = lock
      self.lockGrace = lockGrace
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var key: String
    package var policy: String?
    package var lock: Lock?
    package var tags: [String: String]
    var state: String
  }

  /// For how long at least and at most a vault keeps what it holds, whatever anybody says.
  package struct Lock: AttributeValue {
    /// Days.
    package var atLeast: Int?
    /// Days.
    package var atMost: Int?
    /// Becomes immutable when its grace is over. Otherwise whoever has the right may take the lock away.
    package var isCompliance: Bool

    package init(atLeast: Int?, atMost: Int? = nil, isCompliance: Bool = false) {
      self.atLeast = atLeast
      self.atMost = atMost
      self.isCompliance = isCompliance
    }

    package var value: Value {
      .map([
        "atLeast": atLeast.value, "atMost": atMost.value,
        "mode": .string(isCompliance ? "compliance" : "governance"),
      ])
    }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let mode = members["mode"].flatMap(String.init) else { return nil }
      self.init(
        atLeast: members["atLeast"].flatMap(Int.init), atMost: members["atMost"].flatMap(Int.init),
        isCompliance: mode == "compliance")
    }
  }

  /// On a vault that `destroy` kept for the sake of what it holds.
  static let keptTag = "harecon:kept"

  package static let attributes: [Attribute<Self>] = [
    Attribute(
      "key", \.key, \.key,
      .refuse(wayOut: "a vault keeps its key: let the spec keep it too, or give the vault another name")),
    Attribute("policy", \.policy, \.policy, equality: .policy),
    Attribute("lock", \.lock, \.lock),
    Attribute(writeOnly: "lockGrace", \.lockGrace),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  /// From the listing even when one vault is meant: asked for a vault that does not exist, AWS answers that access is denied.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let focus = query.focusName
    let vaults = try await aws.all(Backup.listBackupVaults, .init(), \.backupVaultList).filter { vault in
      guard let name = vault.backupVaultName else { return false }
      return focus.map { $0 == name } ?? query.mayOwn(name)
    }
    let arns = vaults.compactMap(\.backupVaultArn)
    let wanted = vaults.compactMap(\.backupVaultName).filter(query.wants)
    let (tags, policies) = try await both { () async throws(CallError) in
      // One by one: the tag of a vault that was kept must not come late.
      try await arns.concurrently { (arn) async throws(CallError) in (arn, try await backupTags(of: arn, aws)) }
    } _: { () async throws(CallError) in
      try await wanted.concurrently { (name) async throws(CallError) in (name, try await policy(of: name, aws)) }
    }
    return vaults.compactMap { vault in
      guard let tags = tags.first(where: { $0.0 == vault.backupVaultArn })?.1, tags[keptTag] == nil else { return nil }
      return Observed(vault, policy: policies.first { $0.0 == vault.backupVaultName }?.1, tags: tags)
    }
  }

  private static func policy(of name: String, _ aws: AWS) async throws(CallError) -> String? {
    try await ifThere { () async throws(CallError) in
      try await aws(Backup.getBackupVaultAccessPolicy, .init(backupVaultName: name)).policy
    } ?? nil
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    if let kept = try await kept(desired, aws) {
      _ = try await aws(Backup.untagResource, .init(resourceArn: kept, tagKeyList: [keptTag]))
      return
    }
    let key = try desired.key.now()
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(
        Backup.createBackupVault,
        .init(
          backupVaultName: desired.name, backupVaultTags: desired.tags, encryptionKeyArn: key,
          creatorRequestId: RequestToken.backup("vault", desired.name, desired.tags[OwnerTag.stack] ?? "")))
    }
    // Before anything is kept in it, and the lock last: it may be for good.
    if desired.policy != nil { try await permit(desired.name, desired.policy, aws) }
    if let lock = desired.lock { try await put(lock, on: desired, aws) }
  }

  /// The ARN of the stack's own vault of that name that an earlier `destroy` kept.
  private static func kept(_ desired: Desired, _ aws: AWS) async throws(CallError) -> String? {
    let vaults = try await aws.all(Backup.listBackupVaults, .init(), \.backupVaultList)
    guard let arn = vaults.first(where: { $0.backupVaultName == desired.name })?.backupVaultArn,
      let tags = try await backupTags(of: arn, aws)
    else { return nil }
    return tags[keptTag] != nil && tags[OwnerTag.stack] == desired.tags[OwnerTag.stack] ? arn : nil
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await backupRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    if changes.contains(\.policy) { try await permit(observed.name, desired.policy, aws) }
    if changes.contains(\.lock) {
      // What could become immutable becomes less only by being taken away first.
      let isLess = observed.lock?.isCompliance == true && desired.lock?.isCompliance != true
      if desired.lock == nil || isLess {
        _ = try await aws(Backup.deleteBackupVaultLockConfiguration, .init(backupVaultName: observed.name))
      }
      if let lock = desired.lock { try await put(lock, on: desired, aws) }
    }
  }

  private static func permit(_ vault: String, _ policy: String?, _ aws: AWS) async throws(CallError) {
    guard let policy else {
      _ = try await aws(Backup.deleteBackupVaultAccessPolicy, .init(backupVaultName: vault))
      return
    }
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(Backup.putBackupVaultAccessPolicy, .init(backupVaultName: vault, policy: policy))
    }
  }

  private static func put(_ lock: Lock, on desired: Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      Backup.putBackupVaultLockConfiguration,
      .init(
        backupVaultName: desired.name, minRetentionDays: lock.atLeast, maxRetentionDays: lock.atMost,
        changeableForDays: lock.isCompliance ? desired.lockGrace : nil))
  }

  package static func delete(
    _ observed: Observed, _ deletion: Deletion, _ aws: AWS
  ) async throws(CallError) -> Departure {
    guard deletion.wholeStack else {
      throw CallError(
        .invalid, code: "VaultKept", message: "the vault \"\(observed.name)\" is only let go by `harecon destroy`")
    }
    do throws(CallError) {
      _ = try await aws(Backup.deleteBackupVault, .init(backupVaultName: observed.name))
      return .gone
    } catch let error where error.message.lowercased().contains("recovery points") {
      _ = try await aws(
        Backup.tagResource, .init(resourceArn: observed.arn, tags: [keptTag: "recovery points"]))
      return .kept(because: "it holds recovery points")
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    let health: Health =
      switch observed.state {
      case "AVAILABLE": .ready
      case "FAILED": .degraded(observed.state)
      default: .progressing(observed.state)
      }
    return Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags), health: health)
  }
}

extension BackupVault.Observed {
  /// nil for an answer without a name or an ARN.
  fileprivate init?(_ vault: Backup.BackupVaultListMember, policy: String?, tags: [String: String]) {
    guard let name = vault.backupVaultName, let arn = vault.backupVaultArn else { return nil }
    let lock = BackupVault.Lock(
      atLeast: vault.minRetentionDays, atMost: vault.maxRetentionDays, isCompliance: vault.lockDate != nil)
    self.init(
      name: name, arn: arn, key: vault.encryptionKeyArn ?? "", policy: policy,
      lock: vault.locked == true ? lock : nil, tags: tags, state: vault.vaultState ?? "AVAILABLE")
  }
}
