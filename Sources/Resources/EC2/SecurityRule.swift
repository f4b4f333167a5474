// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
package import Core
package import ResourceKit

/// Who may talk, or be talked to, over what.
package struct SecurityRule: Sendable, Hashable {
  package enum Peer: Sendable, Hashable {
    /// IPv4 or IPv6, in canonical form: AWS masks host bits and shortens.
    case cidr(String)
    /// The members of a security group.
    case group(Input<String>)
    case prefixList(String)
  }

  package enum Traffic: Sendable, Hashable {
    case tcp(ClosedRange<Int>)
    case udp(ClosedRange<Int>)
    case everything
    /// A protocol by AWS's name or number, with what AWS keeps in the fields of ports (ICMP: type and code).
    case other(name: String, from: Int?, to: Int?)
  }

  package var traffic: Traffic
  package var peer: Peer
  package var description: String

  package init(_ traffic: Traffic, _ peer: Peer, _ description: String = "") {
    self.traffic = traffic
    self.peer = peer
    self.description = description
  }
}

extension SecurityRule {
  /// What makes two rules of a direction the same rule to AWS: all but the description.
  struct Key: Hashable {
    let traffic: Traffic
    let peer: Peer
  }

  var key: Key { Key(traffic: traffic, peer: peer) }
}

// MARK: As a value

extension SecurityRule: AttributeValue {
  package var value: Value {
    var members: [String: Value] = ["protocol": .string(traffic.name)]
    if let from = traffic.from { members["from"] = .int(from) }
    if let to = traffic.to { members["to"] = .int(to) }
    switch peer {
    case .cidr(let cidr): members["cidr"] = .string(cidr)
    case .group(let group): members["group"] = group.value
    case .prefixList(let list): members["prefixList"] = .string(list)
    }
    if !description.isEmpty { members["description"] = .string(description) }
    return .map(members)
  }

  package init?(_ value: Value) {
    guard case .map(let members) = value, let name = members["protocol"].flatMap(String.init(_:)) else { return nil }
    if let cidr = members["cidr"].flatMap(String.init(_:)) {
      peer = .cidr(cidr)
    } else if let group = members["group"].flatMap(Input<String>.init(_:)) {
      peer = .group(group)
    } else if let list = members["prefixList"].flatMap(String.init(_:)) {
      peer = .prefixList(list)
    } else {
      return nil
    }
    traffic = Traffic(name, from: members["from"].flatMap(Int.init(_:)), to: members["to"].flatMap(Int.init(_:)))
    description = members["description"].flatMap(String.init(_:)) ?? ""
  }
}

extension SecurityRule.Traffic {
  /// From AWS's words; `-1` is everything, and its ports say nothing.
  init(_ name: String, from: Int?, to: Int?) {
    switch (name, from, to) {
    case ("-1", _, _): self = .everything
    case ("tcp", let from?, let to?) where from <= to: self = .tcp(from...to)
    case ("udp", let from?, let to?) where from <= to: self = .udp(from...to)
    case (_, _, _): self = .other(name: name, from: from, to: to)
    }
  }

  var name: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .everything: "-1"
    case .other(let name, _, _): name
    }
  }

  var from: Int? {
    switch self {
    case .tcp(let ports), .udp(let ports): ports.lowerBound
    case .everything: nil
    case .other(_, let from, _): from
    }
  }

  var to: Int? {
    switch self {
    case .tcp(let ports), .udp(let ports): ports.upperBound
    case .everything: nil
    case .other(_, _, let to): to
    }
  }
}

// MARK: To and from AWS

/// A rule that AWS holds, with the id by which it is revoked.
struct LiveSecurityRule: Sendable, Hashable {
  let id: String
  let rule: SecurityRule

  init(id: String, rule: SecurityRule) {
    self.id = id
    self.rule = rule
  }

  init(_ live: EC2.SecurityGroupRule) {
    id = live.securityGroupRuleId ?? ""
    let peer: SecurityRule.Peer =
      if let cidr = live.cidrIpv4 ?? live.cidrIpv6 {
        .cidr(cidr)
      } else if let list = live.prefixListId {
        .prefixList(list)
      } else {
        .group(.given(live.referencedGroupInfo?.groupId ?? ""))
      }
    rule = SecurityRule(
      SecurityRule.Traffic(live.ipProtocol ?? "", from: live.fromPort, to: live.toPort), peer, live.description ?? "")
  }
}

extension SecurityRule {
  /// One permission with one peer: AWS makes one rule of it.
  var permission: EC2.IpPermission {
    let text = description.isEmpty ? nil : description
    var permission = EC2.IpPermission(ipProtocol: traffic.name, fromPort: traffic.from, toPort: traffic.to)
    switch peer {
    case .cidr(let cidr) where cidr.contains(":"):
      permission.ipv6Ranges = [EC2.Ipv6Range(description: text, cidrIpv6: cidr)]
    case .cidr(let cidr):
      permission.ipRanges = [EC2.IpRange(description: text, cidrIp: cidr)]
    case .group(let group):
      permission.userIdGroupPairs = [EC2.UserIdGroupPair(description: text, groupId: group.known)]
    case .prefixList(let list):
      permission.prefixListIds = [EC2.PrefixListId(description: text, prefixListId: list)]
    }
    return permission
  }
}

/// What to do so that the rules of one direction of a group become the desired ones.
struct SecurityRuleChanges: Equatable {
  /// In the order in which they are wanted.
  let allow: [SecurityRule]
  /// Ids of the rules that nobody wants, or that are there twice.
  let revoke: [String]
  /// New description by rule id.
  let describe: [String: String]

  init(from live: [LiveSecurityRule], to desired: [SecurityRule]) {
    let present = Dictionary(grouping: live, by: \.rule.key)
    var wanted: [SecurityRule.Key: SecurityRule] = [:]
    allow = desired.filter { rule in
      let isNew = wanted.updateValue(rule, forKey: rule.key) == nil
      return isNew && present[rule.key] == nil
    }
    revoke = live.filter { wanted[$0.rule.key] == nil }.map(\.id).sorted()
    describe = live.reduce(into: [:]) { texts, live in
      if let rule = wanted[live.rule.key], rule.description != live.rule.description {
        texts[live.id] = rule.description
      }
    }
  }
}
