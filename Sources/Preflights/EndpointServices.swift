// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
internal import AWSClient
internal import Core
internal import ResourceKit
internal import Resources

// aws: ec2 DescribeVpcEndpointServices

/// Are there interface endpoints of the services, in every zone of the stack?
///
/// A function in the network that calls a service without an endpoint hangs until its time is up. Not every service has
/// endpoints in every region, nor in every zone of one.
struct EndpointServices: AccountQuestion {
  /// An endpoint and the zones that it would be in.
  private struct Wanted {
    let resource: DesiredResource
    let service: String
    let zones: Set<String>
  }

  private let wanted: [Wanted]

  init?(_ graph: Graph) {
    let zones = graph.wishes(Subnet.self).reduce(into: [:]) { $0[$1.resource.address] = $1.desired.zone }
    wanted = graph.wishes(InterfaceEndpoint.self).map { resource, desired in
      let subnets = desired.subnets.reduce(into: Set<OutputID>()) { $0.formUnion($1.value.unknowns) }
      return Wanted(
        resource: resource, service: desired.service, zones: Set(subnets.compactMap { zones[$0.address] }))
    }
    if wanted.isEmpty { return nil }
  }

  var subject: String { "the services of network.endpoints have interface endpoints in every zone" }

  func matters(to plan: Plan) -> Bool {
    wanted.contains { isPlaced($0, by: plan) }
  }

  private func isPlaced(_ endpoint: Wanted, by plan: Plan) -> Bool {
    plan.changes.contains { change in
      guard change.address == endpoint.resource.address else { return false }
      return switch change.action {
      case .create, .replace: true
      case .update: change.attributes.contains { $0.name == "subnets" }
      case .noOp, .delete: false
      }
    }
  }

  /// The zones in which a service has interface endpoints, by the service's name; no zones where AWS does not say.
  func ask(_ aws: AWS) async throws(CallError) -> [String: Set<String>] {
    // By filter: a name that is none in the list of names makes the whole call fail.
    let filters = [EC2.Filter(name: "service-name", values: Set(wanted.map(\.service)).sorted())]
    let services = try await aws.all(EC2.describeVpcEndpointServices, .init(filters: filters), \.serviceDetails)
    return services.reduce(into: [:]) { zones, service in
      guard let name = service.serviceName,
        service.serviceType?.contains(where: { $0.serviceType == "Interface" }) ?? false
      else { return }
      zones[name, default: []].formUnion(service.availabilityZones ?? [])
    }
  }

  func judge(_ answer: [String: Set<String>], _ prospect: Prospect) -> [Diagnostic] {
    wanted.filter { isPlaced($0, by: prospect.plan) }.compactMap { endpoint in
      let name = endpoint.resource.address.name
      guard let zones = answer[endpoint.service] else {
        return diagnostic(
          endpoint, "AWS has no interface endpoints of \"\(endpoint.service)\" here",
          hint: "take \"\(name)\" out of network.endpoints, or build the stack in another region")
      }
      let missing = zones.isEmpty ? [] : endpoint.zones.subtracting(zones).sorted()
      guard !missing.isEmpty else { return nil }
      let places = missing.map { "\"\($0)\"" }.joined(separator: ", ")
      return diagnostic(
        endpoint, "AWS has no interface endpoints of \"\(endpoint.service)\" in \(places)",
        hint: "use zones that have them (\(zones.sorted().joined(separator: ", "))), or take \"\(name)\" out of"
          + " network.endpoints")
    }
  }

  private func diagnostic(_ endpoint: Wanted, _ message: String, hint: String) -> Diagnostic {
    Diagnostic(
      .error, rule: "preflight.endpoint-service", message, span: endpoint.resource.origin,
      address: endpoint.resource.address, hint: hint)
  }
}
