// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIKMS
internal import AWSAPIRDS
package import AWSClient
package import Core
package import ResourceKit

extension KMSKey {
  /// Takes back a key of ours that has no alias, or makes one.
  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    if let found = try await withoutAlias(desired, aws) {
      return try await takeBack(found, desired, aws)
    }
    let metadata = try await awaitingVisibility { () async throws(CallError) in
      try await aws(
        KMS.createKey,
        .init(policy: desired.policy, description: desired.description, tags: tags(desired.tags)))
    }.keyMetadata
    guard let id = metadata?.keyId else { return }
    // At once: until it has its alias, only its tags tell whose the key is.
    _ = try await aws(KMS.createAlias, .init(aliasName: desired.alias, targetKeyId: id))
    try await rotate(id, every: desired.rotationPeriod, aws)
  }

  /// The newest key with the desired one's tags among those that have no alias at all.
  ///
  /// The tagging service lags, and a run that died a moment ago may have left a key that it does not know yet. Keys
  /// without an alias are few; those whose tags we may not read are not ours.
  private static func withoutAlias(_ desired: Desired, _ aws: AWS) async throws(CallError) -> String? {
    let (keys, aliases) = try await both { () async throws(CallError) in
      try await aws.all(KMS.listKeys, .init(), \.keys)
    } _: { () async throws(CallError) in
      try await aws.all(KMS.listAliases, .init(), \.aliases)
    }
    let aliased = Set(aliases.compactMap(\.targetKeyId))
    let ours = try await keys.compactMap(\.keyId).filter { !aliased.contains($0) }
      .concurrently { (id) async throws(CallError) in try await isOurs(id, desired, aws) ? id : nil }
      .compactMap(\.self)
    let dated = try await ours.concurrently { (id) async throws(CallError) in
      (id: id, made: try await aws(KMS.describeKey, .init(keyId: id)).keyMetadata?.creationDate?.secondsSinceEpoch ?? 0)
    }
    return dated.max { ($0.made, $0.id) < ($1.made, $1.id) }?.id
  }

  private static func isOurs(_ id: String, _ desired: Desired, _ aws: AWS) async throws(CallError) -> Bool {
    do {
      let tags = try await keyTags(id, aws)
      return tags[OwnerTag.stack] == desired.tags[OwnerTag.stack] && tags[OwnerTag.id] == desired.tags[OwnerTag.id]
    } catch let error where error.category == .denied || error.category == .notFound {
      return false
    }
  }

  /// Brings the key back into service; what else differs shows in the next observation.
  private static func takeBack(_ id: String, _ desired: Desired, _ aws: AWS) async throws(CallError) {
    try await enable(id, aws)
    _ = try await aws(KMS.untagResource, .init(keyId: id, tagKeys: [keptTag]))
    _ = try await aws(KMS.createAlias, .init(aliasName: desired.alias, targetKeyId: id))
  }

  /// A key whose deletion is cancelled is disabled until it is enabled.
  private static func enable(_ id: String, _ aws: AWS) async throws(CallError) {
    let state = try await aws(KMS.describeKey, .init(keyId: id)).keyMetadata?.keyState
    if state == "PendingDeletion" { _ = try await aws(KMS.cancelKeyDeletion, .init(keyId: id)) }
    if state != "Enabled" { _ = try await aws(KMS.enableKey, .init(keyId: id)) }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    let id = observed.id
    // First: AWS refuses all other changes of a key that waits for its deletion.
    if changes.contains(\.state) { try await enable(id, aws) }
    if changes.contains(\.alias) {
      _ = try await aws(KMS.createAlias, .init(aliasName: desired.alias, targetKeyId: id))
    }
    if changes.contains(\.description) {
      _ = try await aws(KMS.updateKeyDescription, .init(keyId: id, description: desired.description))
    }
    if changes.contains(\.policy) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(KMS.putKeyPolicy, .init(keyId: id, policy: desired.policy))
      }
    }
    if changes.contains(\.rotationPeriod) { try await rotate(id, every: desired.rotationPeriod, aws) }
    if changes.contains(\.tags) { try await retag(id, from: observed.tags, to: desired.tags, aws) }
  }

  private static func rotate(_ id: String, every days: Int, _ aws: AWS) async throws(CallError) {
    if days > 0 {
      _ = try await aws(KMS.enableKeyRotation, .init(keyId: id, rotationPeriodInDays: days))
    } else {
      _ = try await aws(KMS.disableKeyRotation, .init(keyId: id))
    }
  }

  private static func retag(
    _ id: String, from observed: [String: String], to desired: [String: String], _ aws: AWS
  ) async throws(CallError) {
    let changes = TagChanges(from: observed, to: desired)
    if !changes.set.isEmpty {
      let tags = changes.set.map { KMS.Tag(tagKey: $0.key, tagValue: $0.value) }
      _ = try await aws(KMS.tagResource, .init(keyId: id, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(KMS.untagResource, .init(keyId: id, tagKeys: changes.remove))
    }
  }

  package static func delete(
    _ observed: Observed, _ deletion: Deletion, _ aws: AWS
  ) async throws(CallError) -> Departure {
    guard deletion.wholeStack else {
      throw CallError(
        .invalid, code: "KeyKept", message: "the key \"\(observed.id)\" is only let go by `harecon destroy`")
    }
    let departure = try await letGo(observed, aws)
    // Last: while it has its alias, the key is found by it, and a run that dies before this goes on here.
    guard !observed.alias.isEmpty else { return departure }
    do {
      try await deleteAlias(observed.alias, aws)
    } catch let error where error.category == .ambiguous {
      // A next attempt would not find the key any more, and could not say what became of it.
      try await deleteAlias(observed.alias, aws)
    }
    return departure
  }

  private static func deleteAlias(_ alias: String, _ aws: AWS) async throws(CallError) {
    _ = try await ifThere { () async throws(CallError) in try await aws(KMS.deleteAlias, .init(aliasName: alias)) }
  }

  /// Keeps the key for the sake of snapshots and of evidence, or schedules its deletion.
  private static func letGo(_ observed: Observed, _ aws: AWS) async throws(CallError) -> Departure {
    let metadata = try await aws(KMS.describeKey, .init(keyId: observed.id)).keyMetadata
    if metadata?.keyState == "PendingDeletion" { return .scheduled(at: metadata?.deletionDate) }
    if try await hasSnapshots(observed.arn, aws) {
      return try await keep(observed, "snapshots", because: "snapshots are encrypted with it", aws)
    }
    if let stack = observed.tags[OwnerTag.stack],
      try await S3Bucket.isKept(of: stack, encryptedWith: observed.arn, aws)
    {
      return try await keep(observed, "evidence", because: "evidence that is kept is encrypted with it", aws)
    }
    let window = observed.tags[deletionWindowTag].flatMap { Int($0) } ?? 30
    let request = KMS.ScheduleKeyDeletionInput(keyId: observed.id, pendingWindowInDays: window)
    return .scheduled(at: try await aws(KMS.scheduleKeyDeletion, request).deletionDate)
  }

  private static func keep(
    _ observed: Observed, _ what: String, because reason: String, _ aws: AWS
  ) async throws(CallError) -> Departure {
    let tag = KMS.Tag(tagKey: keptTag, tagValue: what)
    _ = try await aws(KMS.tagResource, .init(keyId: observed.id, tags: [tag]))
    return .kept(because: reason)
  }

  /// Snapshots that nobody could read any more without the key: those that people have taken and those of AWS Backup,
  /// which a listing without a type leaves out. Automated ones go with their cluster.
  private static func hasSnapshots(_ arn: String, _ aws: AWS) async throws(CallError) -> Bool {
    try await ["manual", "awsbackup"].concurrently { (type) async throws(CallError) in
      try await aws.all(RDS.describeDBClusterSnapshots, .init(snapshotType: type), \.dbClusterSnapshots)
    }.joined().contains { $0.kmsKeyId == arn }
  }

  private static func tags(_ tags: [String: String]) -> [KMS.Tag] {
    tags.sorted { $0.key < $1.key }.map { KMS.Tag(tagKey: $0.key, tagValue: $0.value) }
  }
}
