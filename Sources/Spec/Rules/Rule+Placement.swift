// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// Zones and the members in them.
  static let placement: [Rule] = [
    Rule(
      "HA001", "three-zones",
      what: "The network spans at least three availability zones.",
      why: """
        Aurora keeps six copies of the data in three zones whatever the spec says; only members in three zones keep the \
        database itself up when one zone is lost during work on another.
        """,
      wayOut: "name three zones of the region in `network.zones`",
      reads: ["network.zones"]
    ) { stack in
      let zones = stack.network.zones
      return zones.count >= 3
        ? [] : [Finding("\(count(zones.count, "zone")), and at least 3 are needed", at: stack.network.$zones.span)]
    },
    Rule(
      "HA002", "zones-in-region",
      what: "Every zone lies in the stack's region.",
      why: "A VPC and an Aurora cluster live in one region; AWS refuses a subnet in a zone of another.",
      wayOut: "name zones of the stack's region, or change `region`",
      reads: ["network.zones", "region"]
    ) { stack in
      stack.network.zones.filter { $0.value.dropLast() != stack.region }.map { zone in
        Finding("the zone \"\(zone.value)\" is not in the region \"\(stack.region)\"", at: zone.span)
      }
    },
    Rule(
      "HA003", "three-members",
      what: "The cluster has at least three members.",
      why: """
        With two, a failover leaves one, and its loss before the other is back means an outage of about ten minutes: \
        Aurora makes a lone writer anew in its own zone.
        """,
      wayOut: "add members to `cluster.members` until there are three",
      reads: ["cluster.members"]
    ) { stack in
      let members = stack.cluster.members
      return members.count >= 3
        ? []
        : [Finding("\(count(members.count, "member")), and at least 3 are needed", at: stack.cluster.$members.span)]
    },
    Rule(
      "HA004", "members-over-zones",
      what: "The members stand in at least three zones.",
      why: "Members that share a zone are lost together; two zones leave no second one when the first is gone.",
      wayOut: "put a member in each of three zones",
      reads: ["cluster.members", "network.zones"]
    ) { stack in
      let members = stack.cluster.members
      let zones = Set(members.map(\.zone))
      // With fewer members or zones than three this follows from what HA001 and HA003 say.
      guard members.count >= 3, stack.network.zones.count >= 3, zones.count < 3 else { return [] }
      return [
        Finding(
          "\(members.count) members stand in \(count(zones.count, "zone")), and at least 3 are needed",
          at: stack.cluster.$members.span)
      ]
    },
    Rule(
      "HA005", "member-in-network",
      what: "Every member's zone is one of the network's.",
      why: "AWS places an instance in a subnet of the cluster's subnet group; where there is no subnet it refuses.",
      wayOut: "choose one of `network.zones`, or add the zone there",
      reads: ["cluster.members", "network.zones"]
    ) { stack in
      let zones = stack.network.zones.map(\.value)
      return stack.cluster.members.filter { !zones.contains($0.zone) }.map { member in
        Finding(
          "the zone \"\(member.zone)\" of member \"\(member.name)\" is not in `network.zones`", at: member.$zone.span,
          hint: "choose one of \(zones.joined(separator: ", ")), or add the zone to `network.zones`")
      }
    },
    Rule(
      "HA006", "failover-target",
      what: "At least two members, in different zones, have promotion tier 0 or 1.",
      why: """
        Serverless v2 instances of tiers 0 and 1 are kept as large as the writer; those of tier 2 and above scale on their \
        own, and one that is promoted starts too small for the writer's load.
        """,
      wayOut: "give two members in different zones the tier 0 or 1",
      reads: ["cluster.members"]
    ) { stack in
      let members = stack.cluster.members
      let ready = members.filter { $0.tier <= 1 }
      // With members in fewer than two zones HA003 or HA004 has said so.
      guard Set(members.map(\.zone)).count >= 2, Set(ready.map(\.zone)).count < 2 else { return [] }
      return [
        Finding(
          "\(count(ready.count, "member")) of tier 0 or 1 in \(count(Set(ready.map(\.zone)).count, "zone")): no member in "
            + "another zone is large enough to take over", at: stack.cluster.$members.span)
      ]
    },
    Rule(
      "HA007", "member-limit",
      what: "The cluster has at most sixteen members.",
      why: "Aurora takes one writer and fifteen readers.",
      wayOut: "remove members from `cluster.members`",
      reads: ["cluster.members"]
    ) { stack in
      stack.cluster.members.dropFirst(16).prefix(1).map { member in
        Finding("\(stack.cluster.members.count) members, and at most 16 are possible", at: member.$name.span)
      }
    },
    Rule(
      "HA008", "member-names",
      what: "Members have different names.",
      why: "The instance's name is made of the stack's and the member's, and AWS takes each name once.",
      wayOut: "give each member a name of its own",
      reads: ["cluster.members"]
    ) { stack in
      repetitions(of: stack.cluster.members, by: \.name) { member, first in
        Finding(
          "a second member is named \"\(member.name)\"", at: member.$name.span,
          notes: ["the first is in line \(first.$name.span.start.line)"])
      }
    },
  ]

  /// `1 zone`, `2 zones`.
  static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
