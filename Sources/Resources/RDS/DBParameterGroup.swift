// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
package import AWSClient
package import Core
internal import ResourceKit

// aws: rds DescribeDBParameterGroups DescribeDBParameters
// aws: rds CreateDBParameterGroup ModifyDBParameterGroup
// aws: rds ResetDBParameterGroup DeleteDBParameterGroup
// aws: rds ListTagsForResource AddTagsToResource RemoveTagsFromResource
// aws: resourcegroupstaggingapi GetResources

/// The settings of single instances, on top of those of their cluster.
///
/// One group for all members, so that the writer after a failover runs with what the writer before it did. It behaves as
/// `rds/cluster-parameter-group` does.
package enum DBParameterGroup: ResourceKind, ParameterGroupKind {
  package typealias Desired = ParameterGroup.Desired
  package typealias Observed = ParameterGroup.Observed

  package static let name: KindName = "rds/parameter-group"

  package static func list(_ name: String?, _ aws: AWS) async throws(CallError) -> [ParameterGroup.Listed] {
    try await aws.all(RDS.describeDBParameterGroups, .init(dbParameterGroupName: name), \.dbParameterGroups)
      .compactMap { group in
        guard let name = group.dbParameterGroupName, let arn = group.dbParameterGroupArn else { return nil }
        return ParameterGroup.Listed(name: name, arn: arn, family: group.dbParameterGroupFamily ?? "")
      }
  }

  package static func parameters(
    of name: String, source: String?, _ aws: AWS
  ) async throws(CallError) -> [ParameterGroup.Parameter] {
    try await aws.all(
      RDS.describeDBParameters, .init(dbParameterGroupName: name, source: source), \.parameters
    ).compactMap(ParameterGroup.Parameter.init)
  }

  package static func make(_ desired: ParameterGroup.Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      RDS.createDBParameterGroup,
      .init(
        dbParameterGroupName: desired.name, dbParameterGroupFamily: desired.family,
        description: desired.description, tags: desired.tags.rdsTags))
  }

  package static func set(
    _ settings: [ParameterGroup.Setting], of name: String, _ aws: AWS
  ) async throws(CallError) {
    _ = try await aws(
      RDS.modifyDBParameterGroup,
      .init(dbParameterGroupName: name, parameters: settings.map(\.rdsParameter)))
  }

  package static func reset(
    _ settings: [ParameterGroup.Setting], of name: String, _ aws: AWS
  ) async throws(CallError) {
    _ = try await aws(
      RDS.resetDBParameterGroup,
      .init(dbParameterGroupName: name, parameters: settings.map(\.rdsParameter)))
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(RDS.deleteDBParameterGroup, .init(dbParameterGroupName: observed.name))
  }
}
