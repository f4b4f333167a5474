// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIKMS
package import AWSClient
package import Core
package import ResourceKit

// aws: kms CreateKey CreateAlias DeleteAlias DescribeKey ListKeys ListAliases ListResourceTags GetKeyPolicy
// aws: kms GetKeyRotationStatus PutKeyPolicy EnableKeyRotation DisableKeyRotation UpdateKeyDescription TagResource
// aws: kms UntagResource ScheduleKeyDeletion CancelKeyDeletion EnableKey
// aws: resourcegroupstaggingapi GetResources
// aws: rds DescribeDBClusterSnapshots
// aws: s3 ListBuckets GetBucketTagging GetBucketEncryption

/// The customer key that everything of a stack is encrypted with: storage, secrets, logs, backups.
///
/// - It is found by its alias and by its tags, both: AWS makes a key and its alias in two calls, and a run that dies in
///   between must find the key again and not make a second one.
/// - Only `destroy` lets go of it. While a snapshot is encrypted with it, the last one of the cluster for example, or a
///   bucket that was kept, the key is kept, with a tag that says so; otherwise its deletion is scheduled. Without its alias
///   either counts as gone.
/// - A key that was let go is taken back before a new one is made, so that what is encrypted with it stays readable. One
///   that waits for deletion and still has its alias shows as a change of `state`.
package enum KMSKey: ResourceKind {
  package static let name: KindName = "kms/key"
  package static let identity: Identity = .name
  package static let holdsData = true
  /// The alias is unique, and the key is made before it.
  package static let patience = Patience(untilSeen: .seconds(15))

  package struct Desired: Sendable {
    /// `alias/harecon/payments/main`: the last part is the name in the resource's address.
    package var alias: String
    package var description: String
    /// JSON.
    package var policy: String
    /// Days, 90 to 2560.
    package var rotationPeriod: Int
    /// As KMS calls it; no spec asks for another.
    package var state = "Enabled"
    package var tags: [String: String]

    /// - Parameter deletionWindow: days between `destroy` and the end of the key, 7 to 30. It is needed when nothing but the
    ///   key itself is left to ask, so that the key remembers it in a tag.
    package init(
      alias: String, description: String, policy: String, rotationPeriod: Int, deletionWindow: Int = 30,
      tags: [String: String]
    ) {
      self.alias = alias
      self.description = description
      self.policy = policy
      self.rotationPeriod = rotationPeriod
      self.tags = tags
      self.tags[deletionWindowTag] = String(deletionWindow)
    }
  }

  package struct Observed: Sendable {
    package var id: String
    package var arn: String
    /// Empty where the key has none of the stack's.
    package var alias: String
    package var state: String
    package var description: String
    package var policy: String
    /// 0 where rotation is off.
    package var rotationPeriod: Int
    package var tags: [String: String]

    /// `destroy` has let go of it.
    var isLetGo: Bool { alias.isEmpty && (state == "PendingDeletion" || tags[keptTag] != nil) }

    /// The alias that it has, or that its tags say it should have.
    var key: String? {
      if !alias.isEmpty { return alias }
      guard let stack = tags[OwnerTag.stack], let id = tags[OwnerTag.id].flatMap(Address.init(parsing:)) else {
        return nil
      }
      return prefix(stack) + id.name
    }
  }

  static let deletionWindowTag = "harecon:deletion-window"
  /// On a key that `destroy` kept for the sake of snapshots or evidence.
  static let keptTag = "harecon:kept"

  static func prefix(_ stack: String) -> String { "alias/harecon/\(stack)/" }

  package static let attributes: [Attribute<Self>] = [
    Attribute("alias", \.alias, \.alias),
    Attribute("state", \.state, \.state),
    Attribute("description", \.description, \.description),
    Attribute("policy", \.policy, \.policy, equality: .policy),
    Attribute("rotationPeriod", \.rotationPeriod, \.rotationPeriod),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.alias }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let stack = query.stack
    let (aliases, tagged) = try await both { () async throws(CallError) in
      try await aws.all(KMS.listAliases, .init(), \.aliases)
    } _: { () async throws(CallError) in
      try await query.tagged(as: "kms:key", aws)
    }
    var keys: [String: String] = [:]
    for arn in tagged { keys[id(of: arn)] = "" }
    for alias in aliases {
      guard let name = alias.aliasName, let target = alias.targetKeyId else { continue }
      if name.hasPrefix(prefix(stack)) || query.wants(name) { keys[target] = name }
    }
    let found = try await keys.sorted { $0.key < $1.key }
      .concurrently { (key) async throws(CallError) in try await observed(key.key, alias: key.value, aws) }
    return found.compactMap(\.self).filter { !$0.isLetGo }.map { key in
      guard key.state == "PendingDeletion", let wanted = query.desired.first(where: { $0.alias == key.alias }) else {
        return key
      }
      // KMS calls rotation off until the deletion is cancelled, and then goes on with it by itself.
      var key = key
      key.rotationPeriod = wanted.rotationPeriod
      return key
    }
  }

  /// `1234abcd-…` of `arn:aws:kms:us-east-1:111122223333:key/1234abcd-…`.
  private static func id(of arn: String) -> String {
    arn.lastIndex(of: "/").map { String(arn[arn.index(after: $0)...]) } ?? arn
  }

  /// nil for a key that is no more: the tagging service goes on naming those for a while.
  private static func observed(_ id: String, alias: String, _ aws: AWS) async throws(CallError) -> Observed? {
    try await ifThere { () async throws(CallError) in
      let ((metadata, tags), (policy, rotation)) = try await both { () async throws(CallError) in
        try await both { () async throws(CallError) in
          try await aws(KMS.describeKey, .init(keyId: id)).keyMetadata
        } _: { () async throws(CallError) in
          try await keyTags(id, aws)
        }
      } _: { () async throws(CallError) in
        try await both { () async throws(CallError) in
          try await aws(KMS.getKeyPolicy, .init(keyId: id)).policy
        } _: { () async throws(CallError) in
          try await aws(KMS.getKeyRotationStatus, .init(keyId: id))
        }
      }
      let isRotated = rotation.keyRotationEnabled ?? false
      return Observed(
        id: id, arn: metadata?.arn ?? "", alias: alias, state: metadata?.keyState ?? "",
        description: metadata?.description ?? "", policy: policy ?? "",
        rotationPeriod: isRotated ? rotation.rotationPeriodInDays ?? 365 : 0, tags: tags)
    }
  }

  static func keyTags(_ id: String, _ aws: AWS) async throws(CallError) -> [String: String] {
    try await aws.all(KMS.listResourceTags, .init(keyId: id), \.tags)
      .reduce(into: [:]) { tags, tag in
        if let key = tag.tagKey { tags[key] = tag.tagValue ?? "" }
      }
  }

  package static func facts(_ observed: Observed) -> Facts {
    let health: Health =
      switch observed.state {
      // What is disabled or about to be deleted is brought back by an update: there is nothing to wait for.
      case "Enabled", "Disabled", "PendingDeletion": .ready
      case "Unavailable", "PendingImport": .degraded(observed.state)
      default: .progressing(observed.state)
      }
    return Facts(id: observed.id, key: observed.key, owner: OwnerTag.owner(observed.tags), health: health)
  }
}
