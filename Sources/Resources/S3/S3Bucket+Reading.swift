// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIS3
package import AWSClient
package import Core
package import ResourceKit

extension S3Bucket {
  /// A bucket that may be there.
  private struct Candidate: Sendable {
    let name: String
    /// nil where the spec does not name it.
    let account: String?
    /// In the listing of the account's own buckets, which is behind at times.
    let isListed: Bool
  }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let found = try await candidates(query, aws).concurrently { (candidate) async throws(CallError) in
      try await observed(candidate, aws)
    }
    return found.compactMap(\.self).filter { $0.tags[keptTag] == nil || $0.tags[OwnerTag.stack] != query.stack }
  }

  private static func candidates(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Candidate] {
    if let name = query.focusName {
      return [Candidate(name: name, account: query.focus?.desired?.account, isListed: false)]
    }
    let listed = try await aws.all(
      S3.listBuckets, .init(maxBuckets: 1000, prefix: query.stack, bucketRegion: aws.region), \.buckets)
    let ours = Set(listed.compactMap(\.name).filter { query.mayOwn($0) })
    let accounts = Dictionary(query.desired.map { ($0.name, $0.account) }) { first, _ in first }
    return ours.union(accounts.keys).sorted().map { name in
      Candidate(name: name, account: accounts[name], isListed: ours.contains(name))
    }
  }

  /// nil where there is no bucket of that name, or none any more.
  private static func observed(_ candidate: Candidate, _ aws: AWS) async throws(CallError) -> Observed? {
    let empty = Observed(name: candidate.name, arn: "arn:\(aws.partition):s3:::\(candidate.name)")
    let tags: [String: String]?
    do {
      tags = try await liveTags(candidate.name, candidate.account, aws)
    } catch let error where error.category == .denied && candidate.isListed && candidate.account == nil {
      // The account has it, the spec does not want it, and its policy tells us nothing: it is not ours to judge.
      return nil
    } catch let error where error.code == "AccessDenied" && !candidate.isListed {
      guard !error.namesMissingRight, try await !isOwned(candidate.name, aws) else { throw error }
      var foreign = empty
      foreign.isForeign = true
      return foreign
    }
    guard let tags else { return nil }
    return try await ifThere { () async throws(CallError) in
      var bucket = empty
      bucket.tags = tags
      try await read(into: &bucket, candidate.account, aws)
      return bucket
    }
  }

  /// Whether the account has it: then it is a right that is missing.
  private static func isOwned(_ name: String, _ aws: AWS) async throws(CallError) -> Bool {
    try await aws.all(S3.listBuckets, .init(maxBuckets: 1000, prefix: name, bucketRegion: aws.region), \.buckets)
      .contains { $0.name == name }
  }

  /// nil where there is no bucket; empty where it has no tags.
  ///
  /// Fails with `denied` where the bucket is not the account's or a right is missing, and with `invalid` where it is in another region.
  static func liveTags(
    _ name: String, _ account: String?, _ aws: AWS
  ) async throws(CallError) -> [String: String]? {
    do {
      let answer = try await aws(S3.getBucketTagging, .init(bucket: name, expectedBucketOwner: account))
      return (answer.tagSet ?? []).reduce(into: [:]) { tags, tag in
        if let key = tag.key { tags[key] = tag.value ?? "" }
      }
    } catch let error where error.category == .notFound {
      return error.code == "NoSuchTagSet" ? [:] : nil
    } catch let error where ["PermanentRedirect", "AuthorizationHeaderMalformed"].contains(error.code) {
      throw CallError(
        .invalid, code: error.code,
        message: "the bucket \"\(name)\" is there and not in \"\(aws.region)\": bucket names are the world's, and a "
          + "bucket stays in its region; delete it, or give the stack another name",
        requestID: error.requestID, operation: error.operation, status: error.status)
    }
  }

  /// Whether a bucket of the stack is left whose objects nobody could read without the key.
  ///
  /// Its tag of having been kept is not asked for: what was written a moment ago may not show yet.
  ///
  /// - Parameter key: its ARN.
  static func isKept(of stack: String, encryptedWith key: String, _ aws: AWS) async throws(CallError) -> Bool {
    let listed = try await aws.all(
      S3.listBuckets, .init(maxBuckets: 1000, prefix: "\(stack)-", bucketRegion: aws.region), \.buckets)
    return try await listed.compactMap(\.name).concurrently { (name) async throws(CallError) in
      guard let tags = try await ownTags(name, aws), tags[OwnerTag.stack] == stack else { return false }
      let encryption = try await ifThere { () async throws(CallError) in
        try await aws(S3.getBucketEncryption, .init(bucket: name)).serverSideEncryptionConfiguration
      }
      let rule = (encryption ?? nil)?.rules?.first
      return rule?.applyServerSideEncryptionByDefault?.kmsMasterKeyID == key
    }.contains(true)
  }

  /// nil where there is no such bucket, or none whose tags we may read: it is not ours.
  private static func ownTags(_ name: String, _ aws: AWS) async throws(CallError) -> [String: String]? {
    do {
      return try await liveTags(name, nil, aws)
    } catch let error where error.category == .denied {
      return nil
    }
  }

  private static func read(
    into bucket: inout Observed, _ account: String?, _ aws: AWS
  ) async throws(CallError) {
    let name = bucket.name
    let ((versioning, encryption), (block, controls)) = try await both { () async throws(CallError) in
      try await both { () async throws(CallError) in
        try await aws(S3.getBucketVersioning, .init(bucket: name, expectedBucketOwner: account)).status
      } _: { () async throws(CallError) in
        try await setting { () async throws(CallError) in
          try await aws(S3.getBucketEncryption, .init(bucket: name, expectedBucketOwner: account))
        }?.serverSideEncryptionConfiguration
      }
    } _: { () async throws(CallError) in
      try await both { () async throws(CallError) in
        try await setting { () async throws(CallError) in
          try await aws(S3.getPublicAccessBlock, .init(bucket: name, expectedBucketOwner: account))
        }?.publicAccessBlockConfiguration
      } _: { () async throws(CallError) in
        try await setting { () async throws(CallError) in
          try await aws(S3.getBucketOwnershipControls, .init(bucket: name, expectedBucketOwner: account))
        }?.ownershipControls
      }
    }
    let (policy, (lock, lifecycle)) = try await both { () async throws(CallError) in
      try await setting { () async throws(CallError) in
        try await aws(S3.getBucketPolicy, .init(bucket: name, expectedBucketOwner: account))
      }?.policy
    } _: { () async throws(CallError) in
      try await both { () async throws(CallError) in
        try await setting { () async throws(CallError) in
          try await aws(S3.getObjectLockConfiguration, .init(bucket: name, expectedBucketOwner: account))
        }?.objectLockConfiguration
      } _: { () async throws(CallError) in
        try await setting { () async throws(CallError) in
          try await aws(S3.getBucketLifecycleConfiguration, .init(bucket: name, expectedBucketOwner: account))
        }?.rules
      }
    }
    let rule = encryption?.rules?.first
    bucket.isVersioned = versioning == "Enabled"
    bucket.key = rule?.applyServerSideEncryptionByDefault?.kmsMasterKeyID ?? ""
    bucket.sharesDataKeys = rule?.bucketKeyEnabled ?? false
    bucket.isClosed = block?.closesAll ?? false
    // A bucket from before there was a choice has none, and knows ACLs.
    bucket.ownership = controls?.rules?.first?.objectOwnership ?? "ObjectWriter"
    bucket.policy = policy ?? ""
    bucket.isLocked = lock?.objectLockEnabled == "Enabled"
    bucket.retention = (lock?.rule?.defaultRetention).flatMap(Retention.init(_:))
    bucket.lifecycle = Lifecycle(lifecycle ?? [])
  }

  /// nil where the bucket has no such setting, which AWS calls not found; that there is no bucket is passed on.
  private static func setting<T>(_ call: () async throws(CallError) -> T) async throws(CallError) -> T? {
    do {
      return try await call()
    } catch let error where error.category == .notFound && error.code != "NoSuchBucket" {
      return nil
    }
  }
}

extension CallError {
  /// S3 tells the action that is missing to those of the bucket's own organisation alone: `is not authorized to perform:
  /// s3:GetBucketTagging on resource: …`. Of anybody else's bucket it says "Access Denied" and no more.
  fileprivate var namesMissingRight: Bool { message.contains("not authorized to perform") }
}

extension S3.PublicAccessBlockConfiguration {
  fileprivate var closesAll: Bool {
    [blockPublicAcls, ignorePublicAcls, blockPublicPolicy, restrictPublicBuckets].allSatisfy { $0 == true }
  }
}
