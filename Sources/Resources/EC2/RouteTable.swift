// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
package import AWSClient
package import Core
package import ResourceKit

// aws: ec2 CreateRouteTable DescribeRouteTables DeleteRouteTable DeleteRoute
// aws: ec2 AssociateRouteTable ReplaceRouteTableAssociation DisassociateRouteTable

/// The routes of a network's private subnets, and which subnets follow them.
///
/// The local route comes with the table and suffices for the stack. Routes by which clients come in (peerings, transit
/// gateways, VPN) are made by those who own them and stay as they are. A route to an internet gateway would make the subnets
/// public: one that turns up is a difference and is deleted.
package enum RouteTable: ResourceKind {
  package static let name: KindName = "ec2/route-table"
  package static let identity = Identity.tag
  package static let follows: [KindName] = [VPC.name, Subnet.name]

  package struct Desired: Sendable {
    package var vpc: Input<String>
    package var subnets: [Input<String>]
    /// The destinations that leave through an internet gateway: none, in a private network.
    fileprivate(set) var internetRoutes: [String] = []
    package var tags: [String: String]

    package init(vpc: Input<String>, subnets: [Input<String>], tags: [String: String]) {
      self.vpc = vpc
      self.subnets = subnets
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    let vpc: String
    /// Association id by subnet, for the associations made explicitly.
    let associations: [String: String]
    let internetRoutes: [String]
    /// Associations on their way, or failed: state by subnet.
    let unsettled: [String: String]
    let tags: [String: String]

    var subnets: [String] { associations.keys.sorted() }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("vpc", \.vpc, \.vpc, .refuse(wayOut: "a route table stays in its network")),
    Attribute(
      "subnets", \.subnets, \.subnets, .inPlace(.connections), .additionsUnnoticed, equality: .unordered),
    Attribute("internetRoutes", \.internetRoutes, \.internetRoutes, .inPlace(.connections), equality: .unordered),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id)]

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    try await aws.all(EC2.describeRouteTables, .init(filters: query.filters), \.routeTables).map(observed)
  }

  private static func observed(_ table: EC2.RouteTable) -> Observed {
    var associations: [String: String] = [:]
    var unsettled: [String: String] = [:]
    for association in table.associations ?? [] {
      guard let subnet = association.subnetId, let id = association.routeTableAssociationId else { continue }
      let state = association.associationState?.state ?? "associated"
      // What is being taken away no longer counts; AWS shows it for a moment.
      if state == "disassociating" || state == "disassociated" { continue }
      associations[subnet] = id
      if state != "associated" { unsettled[subnet] = state }
    }
    let internet = (table.routes ?? []).filter(\.leavesToInternet).compactMap(\.destination).sorted()
    return Observed(
      id: table.routeTableId ?? "", vpc: table.vpcId ?? "", associations: associations, internetRoutes: internet,
      unsettled: unsettled, tags: table.tags?.byKey ?? [:])
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      EC2.createRouteTable,
      .init(vpcId: try desired.vpc.now(), tagSpecifications: .creating("route-table", desired.tags)))
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.internetRoutes) {
      for destination in observed.internetRoutes where !desired.internetRoutes.contains(destination) {
        try await deleteRoute(to: destination, from: observed.id, aws)
      }
    }
    if changes.contains(\.subnets) {
      var wanted: Set<String> = []
      for subnet in desired.subnets { wanted.insert(try subnet.now()) }
      try await associate(wanted.subtracting(observed.subnets).sorted(), with: observed.id, aws)
      for (_, association) in observed.associations.filter({ !wanted.contains($0.key) }).sorted(by: { $0.key < $1.key })
      {
        _ = try await ifThere { () async throws(CallError) in
          _ = try await aws(EC2.disassociateRouteTable, .init(associationId: association))
        }
      }
    }
    if changes.contains(\.tags) { try await retag(observed.id, from: observed.tags, to: desired.tags, aws) }
  }

  /// Makes the subnets follow the table; one that follows another table is moved over in a single call, because AWS
  /// refuses a second association and a subnet without one would follow the network's main table meanwhile.
  private static func associate(_ subnets: [String], with table: String, _ aws: AWS) async throws(CallError) {
    if subnets.isEmpty { return }
    let others = try await aws.all(
      EC2.describeRouteTables, .init(filters: [EC2.Filter(name: "association.subnet-id", values: subnets)]),
      \.routeTables)
    let current = others.map(observed).reduce(into: [:]) { $0.merge($1.associations) { first, _ in first } }
    for subnet in subnets {
      if let association = current[subnet] {
        _ = try await aws(
          EC2.replaceRouteTableAssociation, .init(associationId: association, routeTableId: table))
      } else {
        _ = try await aws(EC2.associateRouteTable, .init(routeTableId: table, subnetId: subnet))
      }
    }
  }

  private static func deleteRoute(to destination: String, from table: String, _ aws: AWS) async throws(CallError) {
    _ = try await ifThere { () async throws(CallError) in
      if destination.hasPrefix("pl-") {
        _ = try await aws(EC2.deleteRoute, .init(routeTableId: table, destinationPrefixListId: destination))
      } else if destination.contains(":") {
        _ = try await aws(EC2.deleteRoute, .init(routeTableId: table, destinationIpv6CidrBlock: destination))
      } else {
        _ = try await aws(EC2.deleteRoute, .init(routeTableId: table, destinationCidrBlock: destination))
      }
    }
  }

  /// AWS refuses to delete a table that subnets still follow, so that they are let go first.
  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    for association in observed.associations.values.sorted() {
      _ = try await ifThere { () async throws(CallError) in
        _ = try await aws(EC2.disassociateRouteTable, .init(associationId: association))
      }
    }
    _ = try await aws(EC2.deleteRouteTable, .init(routeTableId: observed.id))
  }

  package static func facts(_ observed: Observed) -> Facts {
    let unsettled = observed.unsettled.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
    let health: Health =
      if observed.unsettled.values.contains("failed") {
        .degraded(unsettled)
      } else if !unsettled.isEmpty {
        .progressing(unsettled)
      } else {
        .ready
      }
    return Facts(id: observed.id, owner: OwnerTag.owner(observed.tags), health: health)
  }
}

extension EC2.Route {
  fileprivate var leavesToInternet: Bool {
    gatewayId?.hasPrefix("igw-") == true || egressOnlyInternetGatewayId != nil
  }

  fileprivate var destination: String? {
    destinationCidrBlock ?? destinationIpv6CidrBlock ?? destinationPrefixListId
  }
}
