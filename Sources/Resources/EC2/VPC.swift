// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
package import AWSClient
package import Core
package import ResourceKit

// aws: ec2 CreateVpc DescribeVpcs DescribeVpcAttribute ModifyVpcAttribute DeleteVpc

/// The private network that everything of a stack lives in.
///
/// Private DNS (the stack's zone and the endpoints' names) works only with both DNS attributes on. The range of addresses is
/// fixed at creation.
///
/// `CreateVpc` has no client token: the owner tags in the creating call are what finds a network whose answer was lost, and
/// the engine looks for them before it creates.
package enum VPC: ResourceKind {
  package static let name: KindName = "ec2/vpc"
  package static let identity = Identity.tag

  package struct Desired: Sendable {
    package var cidr: String
    package var dnsSupport: Bool
    package var dnsHostnames: Bool
    package var tags: [String: String]

    package init(cidr: String, dnsSupport: Bool = true, dnsHostnames: Bool = true, tags: [String: String]) {
      self.cidr = cidr
      self.dnsSupport = dnsSupport
      self.dnsHostnames = dnsHostnames
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    let cidr: String
    let state: String
    let dnsSupport: Bool
    let dnsHostnames: Bool
    let tags: [String: String]
    /// Whose it is: others share networks with the account, which count as theirs. Empty where AWS does not say.
    package let account: String
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute(
      "cidr", \.cidr, \.cidr,
      .refuse(wayOut: "a network keeps its range: put the old range back, or build a stack of another name and move")),
    Attribute("dnsSupport", \.dnsSupport, \.dnsSupport),
    Attribute("dnsHostnames", \.dnsHostnames, \.dnsHostnames),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id)]

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    // All of them: one whose owner tags are gone is still named by what is in it. An account has few.
    let filters = query.focus == nil ? [] : query.filters
    let networks = try await aws.all(EC2.describeVpcs, .init(filters: filters), \.vpcs)
    return try await networks.concurrently { (network) async throws(CallError) in
      // It may be deleted between the listing and the question.
      try await ifThere { () async throws(CallError) in try await observed(network, query.stack, aws) }
    }.compactMap(\.self)
  }

  private static func observed(
    _ network: EC2.Vpc, _ stack: String, _ aws: AWS
  ) async throws(CallError) -> Observed {
    let id = network.vpcId ?? ""
    let tags = network.tags?.byKey ?? [:]
    guard tags[OwnerTag.stack] == stack else {
      // Only whose it is matters.
      return Observed(
        id: id, cidr: network.cidrBlock ?? "", state: network.state ?? "", dnsSupport: false, dnsHostnames: false,
        tags: tags, account: network.ownerId ?? "")
    }
    let (support, hostnames) = try await both(
      { () async throws(CallError) in
        try await aws(EC2.describeVpcAttribute, .init(attribute: "enableDnsSupport", vpcId: id)).enableDnsSupport
      },
      { () async throws(CallError) in
        try await aws(EC2.describeVpcAttribute, .init(attribute: "enableDnsHostnames", vpcId: id)).enableDnsHostnames
      })
    return Observed(
      id: id, cidr: network.cidrBlock ?? "", state: network.state ?? "", dnsSupport: support?.value ?? false,
      dnsHostnames: hostnames?.value ?? false, tags: tags, account: network.ownerId ?? "")
  }

  /// The DNS attributes cannot be given at creation; they follow as an update.
  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      EC2.createVpc, .init(cidrBlock: desired.cidr, tagSpecifications: .creating("vpc", desired.tags)))
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    // One attribute per call is AWS's rule. Host names need DNS support: it goes on first and off last.
    if changes.contains(\.dnsSupport), desired.dnsSupport {
      _ = try await aws(EC2.modifyVpcAttribute, .init(vpcId: observed.id, enableDnsSupport: .init(value: true)))
    }
    if changes.contains(\.dnsHostnames) {
      _ = try await aws(
        EC2.modifyVpcAttribute, .init(vpcId: observed.id, enableDnsHostnames: .init(value: desired.dnsHostnames)))
    }
    if changes.contains(\.dnsSupport), !desired.dnsSupport {
      _ = try await aws(EC2.modifyVpcAttribute, .init(vpcId: observed.id, enableDnsSupport: .init(value: false)))
    }
    if changes.contains(\.tags) { try await retag(observed.id, from: observed.tags, to: desired.tags, aws) }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await deleting(observed.id, heldBy: "vpc-id", aws) { () async throws(CallError) in
      _ = try await aws(EC2.deleteVpc, .init(vpcId: observed.id))
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.id, owner: OwnerTag.owner(observed.tags),
      health: observed.state == "available" ? .ready : .progressing(observed.state))
  }
}
