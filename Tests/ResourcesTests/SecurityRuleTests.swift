// SPDX-License-Identifier: Apache-2.0

import AWSAPIEC2
import Core
import ResourceKit
import Testing

@testable import Resources

@Suite struct SecurityRuleTests {
  private let postgres = SecurityRule.Traffic.tcp(5432...5432)

  private func live(_ id: String, _ rule: SecurityRule) -> LiveSecurityRule { LiveSecurityRule(id: id, rule: rule) }

  @Test("what is wanted and not there is allowed, what is there and not wanted is revoked")
  func replaced() {
    let old = SecurityRule(postgres, .cidr("10.40.0.0/16"))
    let new = SecurityRule(postgres, .cidr("10.41.0.0/16"))
    let changes = SecurityRuleChanges(from: [live("sgr-1", old)], to: [new])
    #expect(changes.allow == [new])
    #expect(changes.revoke == ["sgr-1"])
    #expect(changes.describe.isEmpty)
  }

  @Test("another description is no other rule")
  func described() {
    let old = SecurityRule(postgres, .cidr("10.40.0.0/16"), "clients")
    let new = SecurityRule(postgres, .cidr("10.40.0.0/16"), "payments api")
    let changes = SecurityRuleChanges(from: [live("sgr-1", old)], to: [new])
    #expect(changes.allow.isEmpty && changes.revoke.isEmpty)
    #expect(changes.describe == ["sgr-1": "payments api"])
  }

  @Test("the same rules in another order need nothing")
  func unordered() {
    let rules = [
      SecurityRule(postgres, .cidr("10.40.0.0/16")), SecurityRule(postgres, .group("sg-1")),
      SecurityRule(.everything, .prefixList("pl-1")),
    ]
    let changes = SecurityRuleChanges(
      from: rules.reversed().enumerated().map { live("sgr-\($0.offset)", $0.element) }, to: rules)
    #expect(changes.allow.isEmpty && changes.revoke.isEmpty && changes.describe.isEmpty)
  }

  @Test("a rule that is asked for twice is allowed once")
  func duplicates() {
    let rule = SecurityRule(postgres, .cidr("10.40.0.0/16"))
    #expect(SecurityRuleChanges(from: [], to: [rule, rule]).allow == [rule])
  }

  @Test("AWS's words for everything name no ports", arguments: [(-1, -1), (0, 65535)])
  func everything(from: Int, to: Int) {
    #expect(SecurityRule.Traffic("-1", from: from, to: to) == .everything)
  }

  @Test(
    "a rule comes back from its value",
    arguments: [
      SecurityRule(.tcp(5432...5433), .cidr("10.40.0.0/16"), "clients"),
      SecurityRule(.udp(53...53), .group("sg-1")),
      SecurityRule(.everything, .prefixList("pl-1"), "s3"),
      SecurityRule(.other(name: "icmp", from: 8, to: -1), .cidr("fd00::/8")),
      SecurityRule(.tcp(1...1), .group(.output(OutputID(Address("ec2/security-group", "a"), "id")))),
    ])
  func values(rule: SecurityRule) {
    #expect(SecurityRule(rule.value) == rule)
  }

  @Test("a group that does not exist yet is unknown in the value, and known once it does")
  func unknownGroups() throws {
    let id = OutputID(Address("ec2/security-group", "a"), "id")
    let rule = SecurityRule(postgres, .group(.output(id)))
    #expect(rule.value.unknowns == [id])
    let resolved = try #require(SecurityRule(rule.value.resolved([id: "sg-9".value])))
    #expect(resolved.peer == .group("sg-9"))
  }

  @Test("ranges of IPv6 go into the field of IPv6")
  func addressFamilies() {
    #expect(SecurityRule(postgres, .cidr("fd00::/8")).permission.ipv6Ranges?.first?.cidrIpv6 == "fd00::/8")
    #expect(SecurityRule(postgres, .cidr("10.0.0.0/8")).permission.ipRanges?.first?.cidrIp == "10.0.0.0/8")
  }
}

@Suite struct RegistryTests {
  @Test("a kind stands after the kinds it follows")
  func order() {
    let names = Registry.all.map { $0.name }
    for kind in Registry.all {
      for followed in kind.follows + [kind.parent].compactMap(\.self) {
        let (place, before) = (names.firstIndex(of: kind.name), names.firstIndex(of: followed))
        #expect(before != nil && before ?? 0 < place ?? 0, "\(kind.name) after \(followed)")
      }
    }
  }

  @Test("no two kinds have one name, no two attributes of a kind either")
  func names() {
    #expect(Set(Registry.all.map { $0.name }).count == Registry.all.count)
    for kind in Registry.all {
      let attributes = kind.attributeNames
      #expect(Set(attributes).count == attributes.count, "\(kind.name)")
    }
  }
}

extension ResourceKind {
  fileprivate static var attributeNames: [String] { attributes.map(\.schema.name) }
}
