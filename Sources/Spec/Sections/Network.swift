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

extension Network: Section {
  package static let fields: [Field<Network>] = [
    .required(
      "cidr", \.$cidr, .ipv4,
      "The VPC's private address range, /16 to /28. It cannot be changed later.", example: "10.20.0.0/16"),
    .required(
      "zones", \.$zones, .list(of: .zone, atLeast: 1),
      """
      The availability zones, at least three; each gets one private subnet. A zone's addresses follow from its letter, so \
      that reordering the list changes nothing.
      """, example: "[us-east-1a, us-east-1b, us-east-1c]"),
    .defaulted(
      "subnetPrefix", \.$subnetPrefix, .integer(16...28), 24,
      """
      The prefix length of each subnet. Zone `a` has the first block of this size in `network.cidr`, zone `b` the second. \
      It cannot be changed later. AWS keeps five addresses of each subnet for itself.
      """),
    .defaulted(
      "clients", \.$clients, .list(of: Client.self), [],
      "Who may reach the database's port; nobody else can. The functions of the stack itself always can."),
    .defaulted(
      "endpoints", \.$endpoints, .list(of: .choice),
      items: [.rds, .rdsData, .secretsManager, .kms, .monitoring, .logs, .sts, .lambda],
      """
      Interface endpoints: AWS services that functions in the private subnets can call. Nothing in the network reaches \
      the internet. Each costs one network interface per zone.
      """),
  ]
}

extension Client: Section {
  package static let fields: [Field<Client>] = [
    .required(
      "cidr", \.$cidr, .cidr, "The clients' address range. All of the internet is refused.", example: "10.40.0.0/16"),
    .required(
      "description", \.$description, .text(.ruleDescription),
      "Who they are; it becomes the description of the security group's rule.", example: "payments api"),
  ]
}
