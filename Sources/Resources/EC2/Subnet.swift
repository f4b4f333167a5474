// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
package import AWSClient
package import Core
package import ResourceKit

// aws: ec2 CreateSubnet DescribeSubnets ModifySubnetAttribute DeleteSubnet

/// A range of a network's addresses in one availability zone.
///
/// Nothing in it gets a public address: that AWS gives none at launch is kept so.
package enum Subnet: ResourceKind {
  package static let name: KindName = "ec2/subnet"
  package static let identity = Identity.tag
  package static let follows: [KindName] = [VPC.name]
  // The interfaces of functions and endpoints stay for up to 40 minutes after their owner.
  package static let patience = Patience(gone: .seconds(45 * 60))

  package struct Desired: Sendable {
    package var vpc: Input<String>
    package var zone: String
    package var cidr: String
    package var publicAddresses: Bool
    package var tags: [String: String]

    package init(
      vpc: Input<String>, zone: String, cidr: String, publicAddresses: Bool = false, tags: [String: String]
    ) {
      self.vpc = vpc
      self.zone = zone
      self.cidr = cidr
      self.publicAddresses = publicAddresses
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    package let arn: String
    let vpc: String
    let zone: String
    let cidr: String
    let publicAddresses: Bool
    let state: String
    let tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("vpc", \.vpc, \.vpc, .refuse(wayOut: "a subnet stays in its network")),
    Attribute(
      "zone", \.zone, \.zone,
      .refuse(wayOut: "a subnet stays in its zone: add the new zone to the spec first, then take the old one out")),
    Attribute(
      "cidr", \.cidr, \.cidr,
      .refuse(wayOut: "a subnet keeps its range: put the old range back, or add a zone with the new one")),
    Attribute("publicAddresses", \.publicAddresses, \.publicAddresses),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id), Output("arn", \.arn)]

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    try await aws.all(EC2.describeSubnets, .init(filters: query.filters), \.subnets).map { subnet in
      Observed(
        id: subnet.subnetId ?? "", arn: subnet.subnetArn ?? "", vpc: subnet.vpcId ?? "",
        zone: subnet.availabilityZone ?? "", cidr: subnet.cidrBlock ?? "",
        publicAddresses: subnet.mapPublicIpOnLaunch ?? false, state: subnet.state ?? "",
        tags: subnet.tags?.byKey ?? [:])
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      EC2.createSubnet,
      .init(
        vpcId: try desired.vpc.now(), tagSpecifications: .creating("subnet", desired.tags),
        availabilityZone: desired.zone, cidrBlock: desired.cidr))
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.publicAddresses) {
      _ = try await aws(
        EC2.modifySubnetAttribute,
        .init(subnetId: observed.id, mapPublicIpOnLaunch: .init(value: desired.publicAddresses)))
    }
    if changes.contains(\.tags) { try await retag(observed.id, from: observed.tags, to: desired.tags, aws) }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await deleting(observed.id, heldBy: "subnet-id", aws) { () async throws(CallError) in
      _ = try await aws(EC2.deleteSubnet, .init(subnetId: observed.id))
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.id, owner: OwnerTag.owner(observed.tags),
      health: observed.state == "available" ? .ready : .progressing(observed.state))
  }
}
