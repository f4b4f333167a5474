// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
package import AWSClient
package import Core
package import ResourceKit

// aws: ec2 DescribeSecurityGroupRules AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
// aws: ec2 RevokeSecurityGroupIngress RevokeSecurityGroupEgress
// aws: ec2 UpdateSecurityGroupRuleDescriptionsIngress UpdateSecurityGroupRuleDescriptionsEgress

/// All the rules of one security group: exactly these and no others.
///
/// One resource per group, known by the group's id. A rule that others add to a group of the stack is a difference and is
/// revoked, the rule that lets everything out of a new group too. Rules are told apart by direction, protocol, ports and peer;
/// a description changes in place; everything else is a new rule and an old one, and the new one comes first so that nothing is
/// cut off in between.
///
/// AWS has no set of rules as such: it is there when the group has a rule, and deleting it revokes them all. A group that the
/// spec gives no rules keeps the one that AWS gave it.
package enum SecurityGroupRules: ResourceKind {
  package static let name: KindName = "ec2/security-group-rules"
  package static let identity = Identity.parent
  package static let parent: KindName? = SecurityGroup.name
  package static let follows: [KindName] = [SecurityGroup.name]

  package struct Desired: Sendable {
    package var group: Input<String>
    package var ingress: [SecurityRule]
    package var egress: [SecurityRule]

    /// - Precondition: there is a rule.
    package init(group: Input<String>, ingress: [SecurityRule], egress: [SecurityRule]) {
      precondition(!ingress.isEmpty || !egress.isEmpty, "a group without rules has no rule set")
      self.group = group
      self.ingress = ingress
      self.egress = egress
    }
  }

  package struct Observed: Sendable {
    package let group: String
    let ingressRules: [LiveSecurityRule]
    let egressRules: [LiveSecurityRule]

    var ingress: [SecurityRule] { ingressRules.map(\.rule) }
    var egress: [SecurityRule] { egressRules.map(\.rule) }

    /// Nothing but the rule that AWS gives every new group: everything may go out.
    var isAsCreated: Bool {
      ingressRules.isEmpty && egressRules.map(\.rule.key) == [SecurityRule(.everything, .cidr("0.0.0.0/0")).key]
    }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("group", \.group, \.group, .replace(.createThenDelete)),
    Attribute("ingress", \.ingress, \.ingress, equality: .unordered),
    Attribute("egress", \.egress, \.egress, equality: .unordered),
  ]

  package static func key(for desired: Desired) -> String? { desired.group.known }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let groups = query.parents.map { $0.typed(SecurityGroup.self) }.filter { group in
      if case .stack(query.stack, _) = OwnerTag.owner(group.tags) { true } else { false }
    }
    let inFocus = query.focus?.desired.flatMap { id(of: $0.group, among: groups) } ?? query.focus?.id
    let ids = groups.map(\.id).filter { inFocus == nil || $0 == inFocus }.sorted()
    // AWS takes 200 values in a filter.
    let chunks = stride(from: 0, to: ids.count, by: 200).map { Array(ids[$0..<min($0 + 200, ids.count)]) }
    let rules = try await chunks.concurrently { (chunk) async throws(CallError) in
      try await aws.all(
        EC2.describeSecurityGroupRules, .init(filters: [EC2.Filter(name: "group-id", values: chunk)]),
        \.securityGroupRules)
    }
    let wanted = Set(query.desired.compactMap { id(of: $0.group, among: groups) })
    var found: [Observed] = []
    for (group, rules) in Dictionary(grouping: rules.joined(), by: { $0.groupId ?? "" }) {
      let observed = Observed(
        group: group, ingressRules: rules.filter { $0.isEgress != true }.map { LiveSecurityRule($0) },
        egressRules: rules.filter { $0.isEgress == true }.map { LiveSecurityRule($0) })
      if wanted.contains(group) || !observed.isAsCreated { found.append(observed) }
    }
    return found.sorted { $0.group < $1.group }
  }

  /// The group that a reference means, also before the engine has resolved it.
  private static func id(of group: Input<String>, among groups: [SecurityGroup.Observed]) -> String? {
    switch group {
    case .given(let id): id
    case .output(let output):
      groups.first { $0.tags[OwnerTag.id] == output.address.description }?.id
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let group = try desired.group.now()
    try await allow(try resolved(desired.ingress), .ingress, group, aws)
    try await allow(try resolved(desired.egress), .egress, group, aws)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.ingress) {
      let moves = SecurityRuleChanges(from: observed.ingressRules, to: try resolved(desired.ingress))
      try await carryOut(moves, .ingress, observed.group, aws)
    }
    if changes.contains(\.egress) {
      let moves = SecurityRuleChanges(from: observed.egressRules, to: try resolved(desired.egress))
      try await carryOut(moves, .egress, observed.group, aws)
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await revoke(observed.ingressRules.map(\.id), .ingress, observed.group, aws)
    try await revoke(observed.egressRules.map(\.id), .egress, observed.group, aws)
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.group, key: observed.group, owner: .parent)
  }
}

// MARK: Calls, one pair per direction

private enum Direction {
  case ingress
  case egress
}

/// A reference that is still unknown is a defect of the graph: nothing is sent.
private func resolved(_ rules: [SecurityRule]) throws(CallError) -> [SecurityRule] {
  for rule in rules {
    if case .group(let group) = rule.peer { _ = try group.now() }
  }
  return rules
}

private func carryOut(
  _ changes: SecurityRuleChanges, _ direction: Direction, _ group: String, _ aws: AWS
) async throws(CallError) {
  try await allow(changes.allow, direction, group, aws)
  try await describe(changes.describe, direction, group, aws)
  _ = try await ifThere { () async throws(CallError) in try await revoke(changes.revoke, direction, group, aws) }
}

private func allow(
  _ rules: [SecurityRule], _ direction: Direction, _ group: String, _ aws: AWS
) async throws(CallError) {
  if rules.isEmpty { return }
  let permissions = rules.map(\.permission)
  switch direction {
  case .ingress:
    _ = try await aws(EC2.authorizeSecurityGroupIngress, .init(groupId: group, ipPermissions: permissions))
  case .egress:
    _ = try await aws(EC2.authorizeSecurityGroupEgress, .init(groupId: group, ipPermissions: permissions))
  }
}

private func describe(
  _ texts: [String: String], _ direction: Direction, _ group: String, _ aws: AWS
) async throws(CallError) {
  if texts.isEmpty { return }
  let descriptions = texts.sorted { $0.key < $1.key }.map {
    EC2.SecurityGroupRuleDescription(securityGroupRuleId: $0.key, description: $0.value)
  }
  switch direction {
  case .ingress:
    _ = try await aws(
      EC2.updateSecurityGroupRuleDescriptionsIngress,
      .init(groupId: group, securityGroupRuleDescriptions: descriptions))
  case .egress:
    _ = try await aws(
      EC2.updateSecurityGroupRuleDescriptionsEgress,
      .init(groupId: group, securityGroupRuleDescriptions: descriptions))
  }
}

private func revoke(
  _ ids: [String], _ direction: Direction, _ group: String, _ aws: AWS
) async throws(CallError) {
  if ids.isEmpty { return }
  switch direction {
  case .ingress:
    _ = try await aws(EC2.revokeSecurityGroupIngress, .init(groupId: group, securityGroupRuleIds: ids.sorted()))
  case .egress:
    _ = try await aws(EC2.revokeSecurityGroupEgress, .init(groupId: group, securityGroupRuleIds: ids.sorted()))
  }
}
