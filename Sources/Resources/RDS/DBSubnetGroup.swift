// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
package import AWSClient
package import Core
package import ResourceKit

// aws: rds CreateDBSubnetGroup ModifyDBSubnetGroup DeleteDBSubnetGroup DescribeDBSubnetGroups
// aws: rds ListTagsForResource AddTagsToResource RemoveTagsFromResource
// aws: resourcegroupstaggingapi GetResources

/// The private subnets, one per zone, that a cluster's instances are placed in.
///
/// AWS refuses to take a subnet out while an instance is in it, and to delete the group while a cluster uses it; both are
/// waited for.
package enum DBSubnetGroup: ResourceKind {
  package static let name: KindName = "rds/subnet-group"
  package static let identity: Identity = .name
  package static let follows: [KindName] = ["ec2/subnet"]

  package struct Desired: Sendable {
    /// Lower case: RDS stores it so.
    package var name: String
    package var description: String
    package var subnets: [Input<String>]
    package var tags: [String: String]

    package init(name: String, description: String, subnets: [Input<String>], tags: [String: String]) {
      self.name = name
      self.description = description
      self.subnets = subnets
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var description: String
    package var subnets: [String]
    package var tags: [String: String]
    package var status: String
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("description", \.description, \.description),
    Attribute("subnets", \.subnets, \.subnets, equality: .unordered),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]
  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]
  // The group goes only after the cluster has: a final snapshot is taken in between.
  package static let patience = Patience(gone: .seconds(600))

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let name = query.focusName
    let groups = try await ifThere { () async throws(CallError) in
      try await aws.all(RDS.describeDBSubnetGroups, .init(dbSubnetGroupName: name), \.dbSubnetGroups)
    }
    let ours = (groups ?? []).filter { query.mayOwn($0.dbSubnetGroupName ?? "") }
    let tags = try await query.tags(of: ours.compactMap(\.dbSubnetGroupArn), aws) { (arn) async throws(CallError) in
      try await rdsTags(of: arn, aws)
    }
    return ours.compactMap { group in
      guard let name = group.dbSubnetGroupName, let arn = group.dbSubnetGroupArn, let tags = tags[arn] else {
        return nil
      }
      return Observed(
        name: name, arn: arn, description: group.dbSubnetGroupDescription ?? "",
        subnets: (group.subnets ?? []).compactMap(\.subnetIdentifier), tags: tags,
        status: group.subnetGroupStatus ?? "")
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = RDS.CreateDBSubnetGroupInput(
      dbSubnetGroupName: desired.name, dbSubnetGroupDescription: desired.description,
      subnetIds: try desired.subnets.now(), tags: desired.tags.rdsTags)
    _ = try await awaitingVisibility { () async throws(CallError) in try await aws(RDS.createDBSubnetGroup, request) }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await rdsRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    guard changes.containsAny(\.description, \.subnets) else { return }
    let request = RDS.ModifyDBSubnetGroupInput(
      dbSubnetGroupName: desired.name, subnetIds: try desired.subnets.now(),
      dbSubnetGroupDescription: desired.description)
    _ = try await awaitingVisibility { () async throws(CallError) in try await aws(RDS.modifyDBSubnetGroup, request) }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(RDS.deleteDBSubnetGroup, .init(dbSubnetGroupName: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags),
      health: observed.status.lowercased() == "complete" ? .ready : .progressing(observed.status))
  }
}
