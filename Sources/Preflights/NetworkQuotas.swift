// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIServiceQuotas
internal import AWSClient
internal import Core
internal import ResourceKit
internal import Resources

// aws: service-quotas GetServiceQuota GetAWSDefaultServiceQuota

/// May the account have another network in the region? It may have five unless it has asked for more.
struct NetworkQuota: AccountQuestion {
  private static let quota = Quota(service: "vpc", code: "L-F678F1CE", name: "VPCs in the region")

  init?(_ graph: Graph) {
    if graph.ofKind(VPC.name).isEmpty { return nil }
  }

  var subject: String { "the account may have another VPC" }

  func matters(to plan: Plan) -> Bool { plan.added(VPC.name) > 0 }

  func ask(_ aws: AWS) async throws(CallError) -> Int {
    try await Self.quota.value(aws)
  }

  /// The listing of networks is of all that the account has, and of those that others share with it.
  func judge(_ most: Int, _ prospect: Prospect) -> [Diagnostic] {
    let plan = prospect.plan
    let used = (prospect.seen[VPC.name] ?? []).count { network in
      guard let owner = (network.opaque as? VPC.Observed)?.account, !owner.isEmpty else { return true }
      return owner == plan.account
    }
    return [Self.quota.shortage(used: used, of: most, more: plan.added(VPC.name), in: plan.region)].compactMap(\.self)
  }
}

/// May a security group have as many rules as the spec has clients?
///
/// Only asked for more than AWS gives every account.
struct RuleQuota: AccountQuestion {
  /// In each direction, IPv4 and IPv6 each for itself, a group among the peers in both (VPC user guide, "Quotas").
  private static let givenToAll = 60
  private static let quota = Quota(
    service: "vpc", code: "L-0EA8095F", name: "inbound or outbound rules in a security group")

  /// The most rules of one sort, by the resource that has them.
  private let largest: [(resource: DesiredResource, rules: Int)]

  init?(_ graph: Graph) {
    largest = graph.wishes(SecurityGroupRules.self).map { resource, desired in
      (resource, max(Self.count(desired.ingress), Self.count(desired.egress)))
    }.filter { $0.rules > Self.givenToAll }
    if largest.isEmpty { return nil }
  }

  private static func count(_ rules: [SecurityRule]) -> Int {
    let ranges = rules.compactMap { rule in
      switch rule.peer {
      case .cidr(let range): range
      case .group, .prefixList: nil
      }
    }
    let six = ranges.count { $0.contains(":") }
    return rules.count - ranges.count + max(six, ranges.count - six)
  }

  var subject: String { "a security group may have \(largest.map(\.rules).max() ?? 0) rules" }

  func matters(to plan: Plan) -> Bool { !changed(by: plan).isEmpty }

  private func changed(by plan: Plan) -> [(resource: DesiredResource, rules: Int)] {
    let changed = Set(plan.changes.filter { $0.action != .noOp && $0.action != .delete }.map(\.address))
    return largest.filter { changed.contains($0.resource.address) }
  }

  func ask(_ aws: AWS) async throws(CallError) -> Int {
    try await Self.quota.value(aws)
  }

  func judge(_ most: Int, _ prospect: Prospect) -> [Diagnostic] {
    changed(by: prospect.plan).filter { $0.rules > most }.map { resource, rules in
      Diagnostic(
        .error, rule: "preflight.quota",
        "\"\(resource.address)\" has \(rules) rules in one direction, and AWS takes \(most)", span: resource.origin,
        address: resource.address,
        hint: "join ranges of network.clients, or ask AWS for more: "
          + Self.quota.request(for: rules, in: prospect.plan.region))
    }
  }
}

extension Quota {
  /// What the account has of it now. Of some quotas Service Quotas knows the account's own value, of others only AWS's default,
  /// which holds as long as nobody has asked for more.
  fileprivate func value(_ aws: AWS) async throws(CallError) -> Int {
    let own = try await ifThere { () async throws(CallError) in
      try await aws(ServiceQuotas.getServiceQuota, .init(serviceCode: service, quotaCode: code)).quota?.value
    }
    if let own = own ?? nil { return Int(own) }
    let given = try await aws(ServiceQuotas.getAWSDefaultServiceQuota, .init(serviceCode: service, quotaCode: code))
    guard let value = given.quota?.value else { throw .incompleteAnswer("service-quotas GetAWSDefaultServiceQuota") }
    return Int(value)
  }
}
