// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The private network: one subnet per zone, no way in or out but what the rules below name.
struct NetworkBlueprint {
  let vpc: Node<VPC>
  let subnets: [Node<Subnet>]
  let databaseGroup: Node<SecurityGroup>
  let functionsGroup: Node<SecurityGroup>
  let endpointsGroup: Node<SecurityGroup>
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
    let (network, names) = (scope.stack.network, scope.names)
    let vpc = Node<VPC>(
      "main", .init(cidr: network.cidr.description, tags: scope.tags(VPC.self, "main", label: names.vpc)))
    self.vpc = vpc
    subnets = network.zones.map { zone in
      guard let block = network.subnet(in: zone.value) else {
        preconditionFailure("the network has no room for a subnet in \(zone.value), which the spec's rules refuse")
      }
      return Node(
        zone.value,
        .init(
          vpc: vpc.output(\.id), zone: zone.value, cidr: block.description,
          tags: scope.tags(Subnet.self, zone.value, label: names.subnet(in: zone.value))))
    }
    let group = { (name: String, label: String, description: String) in
      Node<SecurityGroup>(
        name,
        .init(
          name: label, description: description, vpc: vpc.output(\.id),
          tags: scope.tags(SecurityGroup.self, name, label: label)))
    }
    // Letters, digits and few signs: AWS takes no apostrophe here.
    databaseGroup = group("database", names.databaseGroup, "database instances")
    functionsGroup = group("functions", names.functionsGroup, "functions that talk to the database")
    endpointsGroup = group("endpoints", names.endpointsGroup, "interface endpoints of AWS services")
  }

  var resources: [DesiredResource] {
    let network = scope.stack.network
    let here = network.$cidr.span
    return [vpc.resource(origin: here), routeTable.resource(origin: network.$zones.span)]
      + zip(subnets, network.zones).map { subnet, zone in subnet.resource(origin: zone.span) }
      + [databaseGroup, endpointsGroup].map { $0.resource(origin: here) }
      // Lambda takes the functions' interfaces away with the functions' roles, and until then they hold the group: the roles
      // must outlive it.
      + [functionsGroup.resource(after: FunctionsBlueprint.rolesInNetwork, origin: here)]
      + [
        databaseRules.resource(origin: network.$clients.span), functionsRules.resource(origin: here),
        endpointsRules.resource(origin: network.$endpoints.span),
      ]
      + endpoints
  }

  /// Nothing but the local route: the network is reached through what its owners attach to it.
  private var routeTable: Node<RouteTable> {
    Node(
      "private",
      .init(
        vpc: vpc.output(\.id), subnets: subnetIDs,
        tags: scope.tags(RouteTable.self, "private", label: scope.names.routeTable)))
  }

  private var subnetIDs: [Input<String>] { subnets.map { $0.output(\.id) } }

  // MARK: Who may talk to whom

  private var port: Int { scope.stack.cluster.port }

  /// No way out: a database starts no connection.
  private var databaseRules: Node<SecurityGroupRules> {
    let clients = scope.stack.network.clients.map { client in
      SecurityRule(.tcp(port...port), .cidr(client.cidr.description), client.description)
    }
    let functions = SecurityRule(.tcp(port...port), .group(functionsGroup.output(\.id)), "functions")
    return Node(
      "database", .init(group: databaseGroup.output(\.id), ingress: clients + [functions], egress: []))
  }

  private var functionsRules: Node<SecurityGroupRules> {
    Node(
      "functions",
      .init(
        group: functionsGroup.output(\.id), ingress: [],
        egress: [
          SecurityRule(.tcp(port...port), .group(databaseGroup.output(\.id)), "database"),
          SecurityRule(.tcp(443...443), .group(endpointsGroup.output(\.id)), "AWS services"),
        ]))
  }

  private var endpointsRules: Node<SecurityGroupRules> {
    Node(
      "endpoints",
      .init(
        group: endpointsGroup.output(\.id),
        ingress: [SecurityRule(.tcp(443...443), .group(functionsGroup.output(\.id)), "functions")], egress: []))
  }

  // MARK: AWS services

  /// Without a gateway, a function in the network reaches a service only through an endpoint.
  private var endpoints: [DesiredResource] {
    scope.stack.network.endpoints.map { service in
      let name = service.value.rawValue
      let node = Node<InterfaceEndpoint>(
        name,
        .init(
          vpc: vpc.output(\.id), service: "com.amazonaws.\(scope.stack.region).\(name)", subnets: subnetIDs,
          securityGroups: [endpointsGroup.output(\.id)],
          tags: scope.tags(InterfaceEndpoint.self, name, label: scope.names.endpoint(service.value))))
      return node.resource(origin: service.span)
    }
  }
}
