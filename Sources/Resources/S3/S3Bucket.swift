// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

// aws: s3 CreateBucket DeleteBucket ListBuckets GetBucketTagging PutBucketTagging
// aws: s3 GetBucketVersioning PutBucketVersioning GetBucketEncryption PutBucketEncryption
// aws: s3 GetPublicAccessBlock PutPublicAccessBlock GetBucketOwnershipControls PutBucketOwnershipControls
// aws: s3 GetBucketPolicy PutBucketPolicy GetObjectLockConfiguration PutObjectLockConfiguration
// aws: s3 GetBucketLifecycleConfiguration PutBucketLifecycleConfiguration DeleteBucketLifecycle
// aws: s3 ListObjectVersions DeleteObjects

/// A bucket for evidence: every version kept, encrypted with the customer key, closed to the public, reached by TLS only.
///
/// - Bucket names are the world's: one that another account has is refused, whatever it lets others read, and one of ours
///   in another region too.
/// - AWS makes a bucket with its owner tags, its ownership and its lock, which it also gives one that is there (since November
///   2023, and what was written before is held only if somebody says so); the rest follows as an update, and until then
///   AWS's own defaults hold: encrypted with AWS's key, closed to the public.
/// - Only `destroy` deletes it. A bucket that is not empty is kept, with a tag that says so, unless the data is to be
///   discarded; what its lock still holds is kept even then. A later apply takes a kept bucket back.
package enum S3Bucket: ResourceKind {
  package static let name: KindName = "s3/bucket"
  package static let identity: Identity = .name
  package static let holdsData = true
  package static let follows: [KindName] = [KMSKey.name]

  package struct Desired: Sendable {
    /// 3 to 63 of a-z, 0-9 and hyphens; without dots, which TLS certificates do not cover.
    package var name: String
    /// The account that the stack is in: no other's bucket is read or written.
    package var account: String
    /// The ARN of the customer key.
    package var key: Input<String>
    /// S3 asks KMS once in a while and not for each object.
    package var sharesDataKeys = true
    package var isVersioned = true
    package var isClosed = true
    package var ownership = "BucketOwnerEnforced"
    /// JSON.
    package var policy: String
    /// Whether versions can be held against deletion: switched on at any time while the bucket is versioned, and never off.
    package var isLocked: Bool
    /// How long every new version is held; nil leaves that to whoever writes.
    package var retention: Retention?
    /// nil for none: everything is kept for ever.
    package var lifecycle: Lifecycle?
    package var tags: [String: String]

    /// - Parameters:
    ///   - policy: nil for one that refuses what does not come by TLS, and nothing else.
    ///   - isLocked: nil for a lock exactly where there is a retention, which needs one.
    package init(
      name: String, account: String, key: Input<String>, partition: String = "aws", policy: String? = nil,
      isLocked: Bool? = nil, retention: Retention? = nil, lifecycle: Lifecycle? = Lifecycle(), tags: [String: String]
    ) {
      self.name = name
      self.account = account
      self.key = key
      self.policy = policy ?? S3Bucket.tlsOnly(name, partition: partition)
      self.isLocked = isLocked ?? (retention != nil)
      self.retention = retention
      self.lifecycle = lifecycle
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let name: String
    package let arn: String
    /// Nothing more is known of it: it is another account's.
    var isForeign = false
    /// Empty where AWS's own is used.
    var key = ""
    var sharesDataKeys = false
    var isVersioned = false
    var isClosed = false
    var ownership = ""
    var policy = ""
    var isLocked = false
    var retention: Retention?
    var lifecycle: Lifecycle?
    var tags: [String: String] = [:]
  }

  /// On a bucket that `destroy` kept for the sake of what is in it.
  static let keptTag = "harecon:kept"

  package static let attributes: [Attribute<Self>] = [
    Attribute("key", \.key, \.key),
    Attribute("sharesDataKeys", \.sharesDataKeys, \.sharesDataKeys),
    Attribute("versioned", \.isVersioned, \.isVersioned),
    Attribute("closed", \.isClosed, \.isClosed),
    Attribute("ownership", \.ownership, \.ownership),
    Attribute("policy", \.policy, \.policy, equality: .policy),
    Attribute(
      "locked", \.isLocked, \.isLocked,
      .refuse(wayOut: "a lock never goes: let the spec keep it, or make a bucket of another name"), .setOnce),
    Attribute("retention", \.retention, \.retention),
    Attribute("lifecycle", \.lifecycle, \.lifecycle),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.name, key: observed.name, owner: observed.isForeign ? .nobody : OwnerTag.owner(observed.tags))
  }

  /// Refuses every request that does not come by TLS.
  package static func tlsOnly(_ name: String, partition: String) -> String {
    let bucket = "arn:\(partition):s3:::\(name)"
    let statement: JSON = [
      "Sid": "TLSOnly", "Effect": "Deny", "Principal": ["AWS": "*"], "Action": "s3:*",
      "Resource": [.string(bucket), .string("\(bucket)/*")], "Condition": ["Bool": ["aws:SecureTransport": "false"]],
    ]
    return (["Version": "2012-10-17", "Statement": [statement]] as JSON).text()
  }
}
