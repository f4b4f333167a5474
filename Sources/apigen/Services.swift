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
    Service(folder: "ec2", name: "EC2"),
    Service(folder: "iam", name: "IAM"),
    Service(folder: "kms", name: "KMS"),
    Service(folder: "logs", name: "Logs"),
    Service(folder: "rds", name: "RDS"),
    Service(folder: "resourcegroupstaggingapi", name: "Tagging"),
    Service(folder: "route53", name: "Route53"),
    Service(folder: "sts", name: "STS"),
  ]
}
