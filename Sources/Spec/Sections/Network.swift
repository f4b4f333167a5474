// SPDX-License-Identifier: Apache-2.0

/// The private network of the stack.
package struct Network: Sendable {
  @Located package var cidr: IPv4Block
  @Located package var zones: [Located<String>]
  @Located package var subnetPrefix: Int
  @Located package var clients: [Client]
  @Located package var endpoints: [Located<EndpointService>]

  package init() {}

  /// The address range of the private subnet in `zone`; nil when the network is too small for it.
  ///
  /// It follows from the zone's letter and not from the zone's place in the list, so that adding, removing or
  /// reordering zones moves no other subnet.
  package func subnet(in zone: String) -> IPv4Block? {
    guard let letter = zone.utf8.last, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) else { return nil }
    return cidr.block(Int(letter - UInt8(ascii: "a")), ofPrefix: subnetPrefix)
  }
}

/// Addresses that may reach the database's port.
package struct Client: Sendable {
  @Located package var cidr: CIDR
  @Located package var description: String

  package init() {}
}

/// An AWS service that functions inside the network reach through an interface endpoint.
package enum EndpointService: String, Choice {
  case backup
  case events
  case fis
  case kms
  case lambda
  case logs
  case monitoring
  case rds
  case rdsData = "rds-data"
  case secretsManager = "secretsmanager"
  case sns
  case sqs
  case sts

  package var meaning: String {
    switch self {
    case .backup: "AWS Backup"
    case .events: "EventBridge"
    case .fis: "Fault Injection Service"
    case .kms: "Key Management Service"
    case .lambda: "Lambda's own API"
    case .logs: "CloudWatch Logs"
    case .monitoring: "CloudWatch metrics"
    case .rds: "RDS's control plane"
    case .rdsData: "the Data API"
    case .secretsManager: "Secrets Manager"
    case .sns: "Simple Notification Service"
    case .sqs: "Simple Queue Service"
    case .sts: "Security Token Service"
    }
  }
}
