// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Spec

/// A resource; the YAML of a spec has nodes of its own.
typealias Node<Kind: ResourceKind> = ResourceKit.Node<Kind>

/// What the blueprints of one stack share: its spec, its names and what is derived from them.
struct Scope {
  let stack: Stack
  let names: Names

  init(_ stack: Stack) {
    self.stack = stack
    names = Names(stack)
  }

  /// The tags of a resource.
  ///
  /// - Parameter label: the name that AWS's consoles show, for what has no name of its own.
  func tags<K: ResourceKind>(_ kind: K.Type, _ name: String, label: String? = nil) -> [String: String] {
    var others = stack.tags.dictionary
    if let label { others["Name"] = label }
    var tags = OwnerTag.tags(stack: stack.name, address: Address(K.name, name), others)
    if K.isGlobal { tags[OwnerTag.region] = stack.region }
    return tags
  }

  // MARK: Parts of ARNs

  var partition: Partition { Partition(region: stack.region) }

  /// `arn:aws:logs:us-east-1:111122223333:log-group:/x` for `logs` and `log-group:/x`.
  func arn(_ service: String, _ resource: String) -> String {
    "arn:\(partition.name):\(service):\(stack.region):\(stack.account):\(resource)"
  }

  /// The ARN of something that is in no region: `arn:aws:iam::111122223333:role/x` for `iam` and `role/x`.
  func global(_ service: String, _ resource: String) -> String {
    "arn:\(partition.name):\(service)::\(stack.account):\(resource)"
  }

  /// Names of buckets are the world's: the ARNs of what is in them have neither region nor account.
  func object(_ key: String, in bucket: String) -> String { "arn:\(partition.name):s3:::\(bucket)/\(key)" }

  /// What bounds every role of the stack.
  var boundary: String? { stack.permissionsBoundary }

  /// The ARN of a managed policy that AWS keeps.
  func managedPolicy(_ path: String) -> String {
    "arn:\(partition.name):iam::aws:policy/\(path)"
  }

  /// The ARN of a role that AWS makes for one of its services, for `fis` and `AWSServiceRoleForFIS`.
  func serviceLinkedRole(_ service: String, _ name: String) -> String {
    "arn:\(partition.name):iam::\(stack.account):role/aws-service-role/\(service).amazonaws.com/\(name)"
  }

  var accountRoot: String { "arn:\(partition.name):iam::\(stack.account):root" }

  /// A service of the region as policies name it: `logs.us-east-1.amazonaws.com`.
  func regional(_ service: String) -> String {
    "\(service).\(stack.region).\(partition.domain)"
  }
}

/// A part of AWS with accounts and names of its own.
enum Partition: Sendable {
  case commercial
  case china
  case government

  init(region: String) {
    if region.hasPrefix("cn-") {
      self = .china
    } else if region.hasPrefix("us-gov-") {
      self = .government
    } else {
      self = .commercial
    }
  }

  /// As ARNs have it.
  var name: String {
    switch self {
    case .commercial: "aws"
    case .china: "aws-cn"
    case .government: "aws-us-gov"
    }
  }

  /// Where the names of its endpoints, and of regional service principals, end.
  var domain: String {
    switch self {
    case .commercial, .government: "amazonaws.com"
    case .china: "amazonaws.com.cn"
    }
  }
}
