// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
package import AWSClient
package import Core
package import ResourceKit

// aws: ec2 CreateVpcEndpoint DescribeVpcEndpoints ModifyVpcEndpoint DeleteVpcEndpoints

/// A private way from the network to one AWS service: an address in each subnet, and the service's own name answered by it.
///
/// With private DNS a network can have one endpoint per service: where somebody else's already answers for the name, AWS
/// refuses ours, and harecon says whose it is.
///
/// Addresses are IPv4: the subnets of a stack have no others.
///
/// A client token is not sent. AWS remembers tokens of endpoints that are gone, so that one derived from the resource would
/// give back the dead one after a deletion; the owner tags of the creating call find an endpoint whose answer was lost.
package enum InterfaceEndpoint: ResourceKind {
  package static let name: KindName = "ec2/interface-endpoint"
  package static let identity = Identity.tag
  package static let follows: [KindName] = [VPC.name, Subnet.name, SecurityGroup.name, SecurityGroupRules.name]
  package static let patience = Patience(ready: .seconds(15 * 60), gone: .seconds(15 * 60))

  package struct Desired: Sendable {
    package var vpc: Input<String>
    /// `com.amazonaws.us-east-1.rds-data`.
    package var service: String
    package var subnets: [Input<String>]
    package var securityGroups: [Input<String>]
    package var privateDNS: Bool
    /// What may be done through it; nil leaves AWS's own policy, which allows everything.
    package var policy: String?
    package var tags: [String: String]

    package init(
      vpc: Input<String>, service: String, subnets: [Input<String>], securityGroups: [Input<String>],
      privateDNS: Bool = true, policy: String? = nil, tags: [String: String]
    ) {
      self.vpc = vpc
      self.service = service
      self.subnets = subnets
      self.securityGroups = securityGroups
      self.privateDNS = privateDNS
      self.policy = policy
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    let vpc: String
    let service: String
    let subnets: [String]
    let securityGroups: [String]
    let privateDNS: Bool
    let policy: String
    /// Lower case: AWS's documents and answers differ in it.
    let state: String
    let failure: String?
    let tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("vpc", \.vpc, \.vpc, .refuse(wayOut: "an endpoint stays in its network")),
    Attribute("service", \.service, \.service, .refuse(wayOut: "an endpoint stays with its service: add another one")),
    Attribute(
      "subnets", \.subnets, \.subnets, .inPlace(.connections), .additionsUnnoticed, equality: .unordered),
    Attribute("securityGroups", \.securityGroups, \.securityGroups, equality: .unordered),
    Attribute("privateDNS", \.privateDNS, \.privateDNS, .inPlace(.connections)),
    Attribute(serverDefaulted: "policy", \.policy, \.policy, equality: .policy),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id)]

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    try await aws.all(EC2.describeVpcEndpoints, .init(filters: query.filters), \.vpcEndpoints)
      .map(observed).filter { $0.state != "deleted" }
  }

  private static func observed(_ endpoint: EC2.VpcEndpoint) -> Observed {
    let failure = endpoint.lastError?.message ?? endpoint.failureReason
    return Observed(
      id: endpoint.vpcEndpointId ?? "", vpc: endpoint.vpcId ?? "", service: endpoint.serviceName ?? "",
      subnets: endpoint.subnetIds ?? [], securityGroups: (endpoint.groups ?? []).compactMap(\.groupId),
      privateDNS: endpoint.privateDnsEnabled ?? false, policy: endpoint.policyDocument ?? "",
      state: (endpoint.state ?? "").lowercased(), failure: failure,
      tags: endpoint.tags?.byKey ?? [:])
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let vpc = try desired.vpc.now()
    let subnets = try desired.subnets.now()
    let groups = try desired.securityGroups.now()
    do throws(CallError) {
      _ = try await aws(
        EC2.createVpcEndpoint,
        .init(
          vpcId: vpc, vpcEndpointType: "Interface", serviceName: desired.service, policyDocument: desired.policy,
          subnetIds: subnets, securityGroupIds: groups,
          privateDnsEnabled: desired.privateDNS, tagSpecifications: .creating("vpc-endpoint", desired.tags)))
    } catch let error where error.category == .invalid && desired.privateDNS {
      throw await named(error, service: desired.service, vpc: vpc, aws)
    }
  }

  /// The error with the endpoint that already answers for the service's name, if that is why.
  private static func named(_ error: CallError, service: String, vpc: String, _ aws: AWS) async -> CallError {
    let filters = [EC2.Filter(name: "vpc-id", values: [vpc]), EC2.Filter(name: "service-name", values: [service])]
    let others = try? await aws.all(EC2.describeVpcEndpoints, .init(filters: filters), \.vpcEndpoints).map(observed)
    guard let other = others?.first(where: { $0.privateDNS && !$0.state.hasPrefix("delet") }) else { return error }
    var told = error
    told.message +=
      "; \"\(other.id)\" already answers for \"\(service)\" in \"\(vpc)\": delete it, or turn its private DNS off"
    return told
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.containsAny(\.subnets, \.securityGroups, \.privateDNS, \.policy) {
      var request = EC2.ModifyVpcEndpointInput(vpcEndpointId: observed.id)
      if changes.contains(\.subnets) {
        (request.addSubnetIds, request.removeSubnetIds) = moves(from: observed.subnets, to: try desired.subnets.now())
      }
      if changes.contains(\.securityGroups) {
        (request.addSecurityGroupIds, request.removeSecurityGroupIds) =
          moves(from: observed.securityGroups, to: try desired.securityGroups.now())
      }
      if changes.contains(\.privateDNS) { request.privateDnsEnabled = desired.privateDNS }
      if changes.contains(\.policy) { request.policyDocument = desired.policy }
      _ = try await aws(EC2.modifyVpcEndpoint, request)
    }
    if changes.contains(\.tags) { try await retag(observed.id, from: observed.tags, to: desired.tags, aws) }
  }

  /// What to add and what to remove; nil where there is nothing, because AWS refuses empty lists.
  private static func moves(from observed: [String], to desired: [String]) -> (add: [String]?, remove: [String]?) {
    let add = Set(desired).subtracting(observed).sorted()
    let remove = Set(observed).subtracting(desired).sorted()
    return (add.isEmpty ? nil : add, remove.isEmpty ? nil : remove)
  }

  /// The call answers 200 also when it did not delete: what went wrong is in the answer.
  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    if observed.state == "deleting" { return }
    let answer = try await aws(EC2.deleteVpcEndpoints, .init(vpcEndpointIds: [observed.id]))
    guard let item = answer.unsuccessful?.first, let error = item.error else { return }
    let code = error.code ?? "Unsuccessful"
    throw CallError(
      code.contains("NotFound") ? .notFound : .conflict, code: code, message: error.message ?? "",
      operation: "ec2 DeleteVpcEndpoints")
  }

  package static func facts(_ observed: Observed) -> Facts {
    let health: Health =
      switch observed.state {
      case "available": .ready
      case "failed", "rejected", "expired": .degraded(observed.failure ?? observed.state)
      case "deleting", "deleted": .leaving(observed.state)
      case let state: .progressing(state)
      }
    return Facts(id: observed.id, owner: OwnerTag.owner(observed.tags), health: health)
  }
}
