// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIS3
package import AWSClient
package import Core
package import ResourceKit

extension S3Bucket {
  /// Takes back a bucket that `destroy` kept, or makes one.
  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    if let kept = try await liveTags(desired.name, desired.account, aws), kept[keptTag] != nil {
      return try await retag(desired, from: kept, aws)
    }
    _ = try await aws(
      S3.createBucket,
      .init(
        bucket: desired.name,
        createBucketConfiguration: .init(
          // The one region that must not be named.
          locationConstraint: aws.region == "us-east-1" ? nil : aws.region, tags: list(desired.tags)),
        objectLockEnabledForBucket: desired.isLocked ? true : nil, objectOwnership: desired.ownership))
  }

  /// Closed before there is a policy, versioned before there is a lifecycle or a lock.
  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await retag(desired, from: observed.tags, aws) }
    if changes.contains(\.isClosed) {
      let flag = desired.isClosed
      _ = try await aws(
        S3.putPublicAccessBlock,
        .init(
          bucket: desired.name,
          publicAccessBlockConfiguration: .init(
            blockPublicAcls: flag, ignorePublicAcls: flag, blockPublicPolicy: flag, restrictPublicBuckets: flag),
          expectedBucketOwner: desired.account))
    }
    if changes.contains(\.ownership) {
      _ = try await aws(
        S3.putBucketOwnershipControls,
        .init(
          bucket: desired.name, ownershipControls: .init(rules: [.init(objectOwnership: desired.ownership)]),
          expectedBucketOwner: desired.account))
    }
    if changes.containsAny(\.key, \.sharesDataKeys) { try await encrypt(desired, aws) }
    if changes.contains(\.policy) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(
          S3.putBucketPolicy,
          .init(bucket: desired.name, policy: desired.policy, expectedBucketOwner: desired.account))
      }
    }
    if changes.contains(\.isVersioned) {
      _ = try await aws(
        S3.putBucketVersioning,
        .init(
          bucket: desired.name, versioningConfiguration: .init(status: desired.isVersioned ? "Enabled" : "Suspended"),
          expectedBucketOwner: desired.account))
    }
    if changes.containsAny(\.isLocked, \.retention) { try await hold(desired, aws) }
    if changes.contains(\.lifecycle) { try await expire(desired, aws) }
  }

  private static func encrypt(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let rule = S3.ServerSideEncryptionRule(
      applyServerSideEncryptionByDefault: .init(sseAlgorithm: "aws:kms", kmsMasterKeyID: try desired.key.now()),
      bucketKeyEnabled: desired.sharesDataKeys)
    _ = try await aws(
      S3.putBucketEncryption,
      .init(
        bucket: desired.name, serverSideEncryptionConfiguration: .init(rules: [rule]),
        expectedBucketOwner: desired.account))
  }

  /// Switches the lock on where there is none. A lock without a rule holds nothing by itself.
  private static func hold(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let rule = desired.retention.map { S3.ObjectLockRule(defaultRetention: .init(mode: $0.mode, days: $0.days)) }
    _ = try await aws(
      S3.putObjectLockConfiguration,
      .init(
        bucket: desired.name, objectLockConfiguration: .init(objectLockEnabled: "Enabled", rule: rule),
        expectedBucketOwner: desired.account))
  }

  private static func expire(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    guard let lifecycle = desired.lifecycle else {
      _ = try await aws(
        S3.deleteBucketLifecycle, .init(bucket: desired.name, expectedBucketOwner: desired.account))
      return
    }
    _ = try await aws(
      S3.putBucketLifecycleConfiguration,
      .init(
        bucket: desired.name, lifecycleConfiguration: .init(rules: [lifecycle.rule]),
        expectedBucketOwner: desired.account))
  }

  /// One call replaces all tags: those of others, and AWS's own, go along.
  private static func retag(
    _ desired: Desired, from observed: [String: String], _ aws: AWS
  ) async throws(CallError) {
    let changes = TagChanges(from: observed, to: desired.tags)
    let tags = observed.filter { !changes.remove.contains($0.key) && $0.key != keptTag }
      .merging(changes.set.map { ($0.key, $0.value) }) { _, new in new }
    try await put(tags, on: desired.name, desired.account, aws)
  }

  private static func put(
    _ tags: [String: String], on name: String, _ account: String?, _ aws: AWS
  ) async throws(CallError) {
    _ = try await aws(
      S3.putBucketTagging,
      .init(bucket: name, tagging: .init(tagSet: list(tags)), expectedBucketOwner: account))
  }

  private static func list(_ tags: [String: String]) -> [S3.Tag] {
    tags.sorted { $0.key < $1.key }.map { S3.Tag(key: $0.key, value: $0.value) }
  }

  // MARK: The end

  package static func delete(
    _ observed: Observed, _ deletion: Deletion, _ aws: AWS
  ) async throws(CallError) -> Departure {
    guard deletion.wholeStack else {
      throw CallError(
        .invalid, code: "BucketKept", message: "the bucket \"\(observed.name)\" is only let go by `harecon destroy`")
    }
    let isDiscarded = deletion.finalSnapshot == nil
    if isDiscarded, let reason = try await emptied(observed, aws) {
      return try await keep(observed, because: reason, aws)
    }
    do throws(CallError) {
      _ = try await aws(S3.deleteBucket, .init(bucket: observed.name))
    } catch let error where error.code == "BucketNotEmpty" && !isDiscarded {
      return try await keep(observed, because: "it is not empty", aws)
    }
    return .gone
  }

  private static func keep(
    _ observed: Observed, because reason: String, _ aws: AWS
  ) async throws(CallError) -> Departure {
    try await put(observed.tags.merging([keptTag: "data"]) { _, new in new }, on: observed.name, nil, aws)
    return .kept(because: reason)
  }

  /// Deletes all versions, page after page.
  ///
  /// - Returns: why something stays in a bucket with a lock, at the first page of which something does; nil when nothing is
  ///   left. AWS says of a lock and of a missing right the same, so that its own words are given.
  private static func emptied(_ observed: Observed, _ aws: AWS) async throws(CallError) -> String? {
    while true {
      let page = try await aws(S3.listObjectVersions, .init(bucket: observed.name, maxKeys: 1000))
      let versions = (page.versions ?? []).map { ($0.key, $0.versionId) }
      let markers = (page.deleteMarkers ?? []).map { ($0.key, $0.versionId) }
      let objects = (versions + markers).compactMap { key, version in
        key.map { S3.ObjectIdentifier(key: $0, versionId: version) }
      }
      if objects.isEmpty { return nil }
      let answer = try await aws(
        S3.deleteObjects, .init(bucket: observed.name, delete: .init(objects: objects, quiet: true)))
      guard let failure = answer.errors?.first else { continue }
      if failure.code == "AccessDenied", observed.isLocked {
        return "its lock still holds what is in it, or the right to delete that is missing: AWS says of "
          + "\"\(failure.key ?? "")\" \"\(failure.message ?? "AccessDenied")\""
      }
      throw CallError(
        failure.code == "AccessDenied" ? .denied : .unavailable, code: failure.code ?? "DeleteObjects",
        message: "\"\(failure.key ?? "")\" cannot be deleted: \(failure.message ?? "")",
        operation: S3.deleteObjects.model.fullName)
    }
  }
}
