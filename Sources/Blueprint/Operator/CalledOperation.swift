// SPDX-License-Identifier: Apache-2.0

/// An AWS service that harecon calls, by botocore's name of it.
///
/// A service that is new to `make generate` needs a case here, and with it, before anything compiles, a word in
/// `ActionScope` on what of it belongs to a stack.
enum CalledService: String, Sendable {
  case backup
  case cloudWatch = "cloudwatch"
  case dynamoDB = "dynamodb"
  case ec2
  case events
  case fis
  case iam
  case kms
  case lambda
  case logs
  case rds
  case route53
  case s3
  case scheduler
  case secretsManager = "secretsmanager"
  case serviceQuotas = "service-quotas"
  case sns
  case sqs
  case sts
  case tagging = "resourcegroupstaggingapi"

  /// What IAM calls it, before the colon of an action.
  var prefix: String {
    switch self {
    case .backup, .cloudWatch, .dynamoDB, .ec2, .events, .fis, .iam, .kms, .lambda, .logs, .rds, .route53, .s3,
      .scheduler, .secretsManager, .sns, .sqs, .sts:
      rawValue
    case .serviceQuotas: "servicequotas"
    case .tagging: "tag"
    }
  }
}

/// An operation that harecon calls.
struct CalledOperation: Sendable, Hashable {
  let service: CalledService
  /// As in the service's API: `DescribeDBClusters`.
  let name: String

  init(_ service: CalledService, _ name: String) {
    self.service = service
    self.name = name
  }

  /// As in the sources' markers: `rds DescribeDBClusters`.
  var text: String { "\(service.rawValue) \(name)" }

  /// Changes nothing and tells no secret.
  ///
  /// `GetRandomPassword` changes nothing either; it is called for a secret that is about to be made.
  var isReading: Bool {
    ["Describe", "Get", "Head", "List"].contains { name.hasPrefix($0) } && !Self.notForReaders.contains(name)
  }

  private static let notForReaders: Set<String> = [
    "GetObject", "GetRandomPassword", "GetSecretValue",
  ]

  /// The actions that IAM asks for, without their prefix: mostly the operation's own name.
  var actions: [String] { Self.otherNames[self] ?? [name] }

  /// Operations whose actions have other names (AWS's service authorization reference, Amazon S3).
  private static let otherNames: [CalledOperation: [String]] = [
    // Made with tags, which S3 takes from nobody who may not tag.
    CalledOperation(.s3, "CreateBucket"): ["CreateBucket", "TagResource"],
    CalledOperation(.s3, "DeleteObjects"): ["DeleteObject", "DeleteObjectVersion"],
    CalledOperation(.s3, "GetBucketEncryption"): ["GetEncryptionConfiguration"],
    CalledOperation(.s3, "GetBucketLifecycleConfiguration"): ["GetLifecycleConfiguration"],
    CalledOperation(.s3, "GetObjectLockConfiguration"): ["GetBucketObjectLockConfiguration"],
    CalledOperation(.s3, "GetPublicAccessBlock"): ["GetBucketPublicAccessBlock"],
    CalledOperation(.s3, "HeadBucket"): ["ListBucket"],
    CalledOperation(.s3, "ListBuckets"): ["ListAllMyBuckets"],
    CalledOperation(.s3, "ListObjectVersions"): ["ListBucketVersions"],
    CalledOperation(.s3, "ListObjectsV2"): ["ListBucket"],
    CalledOperation(.s3, "DeleteBucketEncryption"): ["PutEncryptionConfiguration"],
    CalledOperation(.s3, "DeleteBucketLifecycle"): ["PutLifecycleConfiguration"],
    CalledOperation(.s3, "DeleteBucketTagging"): ["PutBucketTagging"],
    CalledOperation(.s3, "DeletePublicAccessBlock"): ["PutBucketPublicAccessBlock"],
    CalledOperation(.s3, "PutBucketEncryption"): ["PutEncryptionConfiguration"],
    CalledOperation(.s3, "PutBucketLifecycleConfiguration"): ["PutLifecycleConfiguration"],
    CalledOperation(.s3, "PutObjectLockConfiguration"): ["PutBucketObjectLockConfiguration"],
    CalledOperation(.s3, "PutPublicAccessBlock"): ["PutBucketPublicAccessBlock"],
  ]
}

extension CalledOperation {
  /// What it takes to run a drill: to start an experiment, to watch it, to stop it.
  static let drill = ["StartExperiment", "GetExperiment", "ListExperiments", "StopExperiment"].map {
    CalledOperation(.fis, $0)
  }
}
