// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
package import AWSClient
package import Core
package import ResourceKit

// aws: rds CreateDBClusterEndpoint DescribeDBClusterEndpoints ModifyDBClusterEndpoint DeleteDBClusterEndpoint
// aws: rds ListTagsForResource AddTagsToResource RemoveTagsFromResource
// aws: resourcegroupstaggingapi GetResources

/// An address of a cluster that leads to some of its instances: a stable set for reports, apart from what the
/// application reads from.
///
/// Named members are exactly those that it leads to, and a new instance is not among them; excluded ones are left out and
/// every new instance joins. `ANY` goes on to lead to a member that has become the writer, `READER` leaves it out until it
/// is a reader again.
package enum ClusterEndpoint: ResourceKind {
  package static let name: KindName = "rds/cluster-endpoint"
  package static let identity: Identity = .name
  package static let follows: [KindName] = [DBCluster.name, DBInstance.name]
  package static let patience = Patience(ready: .seconds(900), gone: .seconds(900))

  package struct Desired: Sendable {
    /// Lower case: RDS stores it so.
    package var name: String
    package var cluster: Input<String>
    /// `READER` or `ANY`.
    package var type: String
    /// Names of the instances that it leads to; without any, all but the excluded ones.
    package var members: [Input<String>]
    /// Names of the instances that it does not lead to; only where none is named above.
    package var excluded: [Input<String>]
    package var tags: [String: String]

    package init(
      name: String, cluster: Input<String>, type: String = "READER", members: [Input<String>] = [],
      excluded: [Input<String>] = [], tags: [String: String]
    ) {
      self.name = name
      self.cluster = cluster
      self.type = type
      self.members = members
      self.excluded = excluded
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let name: String
    package let arn: String
    package let address: String?
    let cluster: String
    let type: String
    let members: [String]
    let excluded: [String]
    let status: String
    let tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("cluster", \.cluster, \.cluster, .refuse(wayOut: "an endpoint stays with its cluster: add another one")),
    Attribute("type", \.type, \.type, .inPlace(.connections)),
    Attribute("members", \.members, \.members, .inPlace(.connections), equality: .unordered),
    Attribute("excluded", \.excluded, \.excluded, .inPlace(.connections), equality: .unordered),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [
    Output("name", \.name), Output("arn", \.arn), Output("address", \.address),
  ]

  package static func key(for desired: Desired) -> String? { desired.name }

  /// AWS answers with each cluster's own endpoints too, which have no name.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let name = query.focusName
    let listed = try await ifThere { () async throws(CallError) in
      try await aws.all(
        RDS.describeDBClusterEndpoints, .init(dbClusterEndpointIdentifier: name), \.dbClusterEndpoints)
    }
    let endpoints = (listed ?? []).filter { endpoint in
      endpoint.endpointType == "CUSTOM" && query.mayOwn(endpoint.dbClusterEndpointIdentifier ?? "")
    }
    let arns = endpoints.compactMap(\.dbClusterEndpointArn)
    let tags = try await query.tags(of: arns, aws) { (arn) async throws(CallError) in
      try await rdsTags(of: arn, aws)
    }
    return endpoints.compactMap { endpoint in
      tags[endpoint.dbClusterEndpointArn ?? ""].map { observed(endpoint, tags: $0) }
    }
  }

  private static func observed(_ endpoint: RDS.DBClusterEndpoint, tags: [String: String]) -> Observed {
    Observed(
      name: endpoint.dbClusterEndpointIdentifier ?? "", arn: endpoint.dbClusterEndpointArn ?? "",
      address: endpoint.endpoint, cluster: endpoint.dbClusterIdentifier ?? "",
      type: endpoint.customEndpointType ?? "", members: endpoint.staticMembers ?? [],
      excluded: endpoint.excludedMembers ?? [], status: endpoint.status ?? "", tags: tags)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let members = try desired.members.now()
    let excluded = try desired.excluded.now()
    _ = try await aws(
      RDS.createDBClusterEndpoint,
      .init(
        dbClusterIdentifier: try desired.cluster.now(), dbClusterEndpointIdentifier: desired.name,
        endpointType: desired.type, staticMembers: members.isEmpty ? nil : members,
        excludedMembers: excluded.isEmpty ? nil : excluded, tags: desired.tags.rdsTags))
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    // Tags first: they need no state of the endpoint, which the next call puts to `modifying`.
    if changes.contains(\.tags) { try await rdsRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    guard changes.containsAny(\.type, \.members, \.excluded) else { return }
    // Both lists: one rules the other out, and an empty one takes the old one away.
    let request = RDS.ModifyDBClusterEndpointInput(
      dbClusterEndpointIdentifier: observed.name, endpointType: desired.type,
      staticMembers: try desired.members.now(), excludedMembers: try desired.excluded.now())
    _ = try await aws(RDS.modifyDBClusterEndpoint, request)
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    if observed.status == "deleting" { return }
    _ = try await aws(RDS.deleteDBClusterEndpoint, .init(dbClusterEndpointIdentifier: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags),
      health: Health(rdsStatus: observed.status))
  }
}
