// SPDX-License-Identifier: Apache-2.0

/// A service and the target that is generated for it.
struct Service: Sendable, Hashable {
  /// botocore's folder name, as in the markers.
  let folder: String
  /// The enum that holds everything; the target is `AWSAPI` and this.
  let name: String

  var target: String { "AWSAPI\(name)" }

  /// All services with a target in `Package.swift`.
  static let all = [
    Service(folder: "backup", name: "Backup"),
    Service(folder: "cloudwatch", name: "CloudWatch"),
    Service(folder: "dynamodb", name: "DynamoDB"),
    Service(folder: "ec2", name: "EC2"),
    Service(folder: "events", name: "Events"),
    Service(folder: "fis", name: "FIS"),
    Service(folder: "iam", name: "IAM"),
    Service(folder: "kms", name: "KMS"),
    Service(folder: "lambda", name: "Lambda"),
    Service(folder: "logs", name: "Logs"),
    Service(folder: "rds", name: "RDS"),
    Service(folder: "rds-data", name: "RDSData"),
    Service(folder: "resourcegroupstaggingapi", name: "Tagging"),
    Service(folder: "route53", name: "Route53"),
    Service(folder: "s3", name: "S3"),
    Service(folder: "scheduler", name: "Scheduler"),
    Service(folder: "secretsmanager", name: "SecretsManager"),
    Service(folder: "service-quotas", name: "ServiceQuotas"),
    Service(folder: "sns", name: "SNS"),
    Service(folder: "sqs", name: "SQS"),
    Service(folder: "sts", name: "STS"),
  ]
}
