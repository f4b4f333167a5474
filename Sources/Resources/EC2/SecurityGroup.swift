// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
package import AWSClient
package import Core
package import ResourceKit

// aws: ec2 CreateSecurityGroup DescribeSecurityGroups DeleteSecurityGroup

/// A set of network interfaces that share rules of who may talk to whom.
///
/// The rules are a kind of their own, `ec2/security-group-rules`, so that groups can name each other without a circle: groups
/// first, then their rules, and when all goes the rules first.
///
/// AWS fixes name, description and network at creation, and everything in the group would have to move: a change is refused.
package enum SecurityGroup: ResourceKind {
  package static let name: KindName = "ec2/security-group"
  package static let identity = Identity.tag
  package static let follows: [KindName] = [VPC.name]
  // The interfaces of functions and endpoints stay for up to 40 minutes after their owner.
  package static let patience = Patience(gone: .seconds(45 * 60))

  package struct Desired: Sendable {
    /// Unique within the network.
    package var name: String
    package var description: String
    package var vpc: Input<String>
    package var tags: [String: String]

    package init(name: String, description: String, vpc: Input<String>, tags: [String: String]) {
      self.name = name
      self.description = description
      self.vpc = vpc
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    let name: String
    let description: String
    let vpc: String
    let tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("name", \.name, \.name, .refuse(wayOut: fixed)),
    Attribute("description", \.description, \.description, .refuse(wayOut: fixed)),
    Attribute("vpc", \.vpc, \.vpc, .refuse(wayOut: fixed)),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  private static let fixed = "AWS fixes it at creation: put the old value back"

  package static let outputs: [Output<Self>] = [Output("id", \.id)]

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    try await aws.all(EC2.describeSecurityGroups, .init(filters: query.filters), \.securityGroups).map { group in
      Observed(
        id: group.groupId ?? "", name: group.groupName ?? "", description: group.description ?? "",
        vpc: group.vpcId ?? "", tags: group.tags?.byKey ?? [:])
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      EC2.createSecurityGroup,
      .init(
        description: desired.description, groupName: desired.name, vpcId: try desired.vpc.now(),
        tagSpecifications: .creating("security-group", desired.tags)))
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await retag(observed.id, from: observed.tags, to: desired.tags, aws) }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await deleting(observed.id, heldBy: "group-id", aws) { () async throws(CallError) in
      try await referrers(of: observed.id, aws)
    } call: { () async throws(CallError) in
      _ = try await aws(EC2.deleteSecurityGroup, .init(groupId: observed.id))
    }
  }

  /// The groups whose rules name the group.
  private static func referrers(of group: String, _ aws: AWS) async throws(CallError) -> [String] {
    let groups = try await ["ip-permission.group-id", "egress.ip-permission.group-id"].concurrently {
      (filter) async throws(CallError) in
      try await aws.all(
        EC2.describeSecurityGroups, .init(filters: [EC2.Filter(name: filter, values: [group])]), \.securityGroups)
    }
    return Set(groups.joined().compactMap(\.groupId)).subtracting([group]).map { "a rule of \($0)" }
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.id, owner: OwnerTag.owner(observed.tags))
  }
}
