// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
package import AWSClient
package import Core
internal import ResourceKit

// aws: rds DescribeDBClusterParameterGroups DescribeDBClusterParameters
// aws: rds CreateDBClusterParameterGroup ModifyDBClusterParameterGroup
// aws: rds ResetDBClusterParameterGroup DeleteDBClusterParameterGroup
// aws: rds ListTagsForResource AddTagsToResource RemoveTagsFromResource
// aws: resourcegroupstaggingapi GetResources

/// The settings that every instance of a cluster runs with.
///
/// A parameter that the spec no longer names goes back to its default; one that somebody else has set on the group is a
/// difference. Dynamic parameters take effect at once. Static ones wait for a restart of each instance, which harecon
/// reports (`pending-reboot`) and never does by itself.
package enum DBClusterParameterGroup: ResourceKind, ParameterGroupKind {
  package typealias Desired = ParameterGroup.Desired
  package typealias Observed = ParameterGroup.Observed

  package static let name: KindName = "rds/cluster-parameter-group"

  package static func list(_ name: String?, _ aws: AWS) async throws(CallError) -> [ParameterGroup.Listed] {
    try await aws.all(
      RDS.describeDBClusterParameterGroups, .init(dbClusterParameterGroupName: name), \.dbClusterParameterGroups
    )
    .compactMap { group in
      guard let name = group.dbClusterParameterGroupName, let arn = group.dbClusterParameterGroupArn else { return nil }
      return ParameterGroup.Listed(name: name, arn: arn, family: group.dbParameterGroupFamily ?? "")
    }
  }

  package static func parameters(
    of name: String, source: String?, _ aws: AWS
  ) async throws(CallError) -> [ParameterGroup.Parameter] {
    try await aws.all(
      RDS.describeDBClusterParameters, .init(dbClusterParameterGroupName: name, source: source), \.parameters
    ).compactMap(ParameterGroup.Parameter.init)
  }

  package static func make(_ desired: ParameterGroup.Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      RDS.createDBClusterParameterGroup,
      .init(
        dbClusterParameterGroupName: desired.name, dbParameterGroupFamily: desired.family,
        description: desired.description, tags: desired.tags.rdsTags))
  }

  package static func set(
    _ settings: [ParameterGroup.Setting], of name: String, _ aws: AWS
  ) async throws(CallError) {
    _ = try await aws(
      RDS.modifyDBClusterParameterGroup,
      .init(dbClusterParameterGroupName: name, parameters: settings.map(\.rdsParameter)))
  }

  package static func reset(
    _ settings: [ParameterGroup.Setting], of name: String, _ aws: AWS
  ) async throws(CallError) {
    _ = try await aws(
      RDS.resetDBClusterParameterGroup,
      .init(dbClusterParameterGroupName: name, parameters: settings.map(\.rdsParameter)))
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(RDS.deleteDBClusterParameterGroup, .init(dbClusterParameterGroupName: observed.name))
  }
}
