// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension SecurityGroupRules: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let (database, functions) = (stage.group("database"), stage.group("functions"))
    let postgres = SecurityRule.Traffic.tcp(5432...5432)
    let node = Node<Self>(
      "database",
      .init(
        group: database.output(\.id),
        ingress: [
          SecurityRule(postgres, .cidr("10.40.0.0/16"), "clients"),
          SecurityRule(postgres, .group(functions.output(\.id)), "functions"),
          SecurityRule(postgres, .group(database.output(\.id)), "members"),
        ],
        egress: [SecurityRule(.tcp(443...443), .cidr("10.20.0.0/16"))]))
    let third = stage.group("third")
    // The two groups name each other.
    let opposite = Node<Self>(
      "functions",
      .init(
        group: functions.output(\.id), ingress: [],
        egress: [SecurityRule(postgres, .group(database.output(\.id)), "database")]))
    return Sample(
      node,
      needs: [stage.vpc.resource(), database.resource(), functions.resource(), third.resource()],
      beside: [opposite.resource()],
      others: [
        .other(\.group, third.output(\.id)),
        .other(
          \.ingress,
          [
            SecurityRule(postgres, .cidr("10.41.0.0/16"), "clients"),
            SecurityRule(postgres, .group(functions.output(\.id)), "the functions"),
            SecurityRule(.tcp(5432...5433), .group(database.output(\.id)), "members"),
          ]),
        .other(\.egress, [SecurityRule(.everything, .cidr("10.20.0.0/16"), "anywhere inside")]),
      ],
      drifts: [
        Drift("the world is let in", changes: "ingress") { stage, rules in
          try await stage.edit(
            "ec2", "AuthorizeSecurityGroupIngress",
            [
              "GroupId": .string(rules.id),
              "IpPermissions": [
                [
                  "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432,
                  "IpRanges": [["CidrIp": "0.0.0.0/0", "Description": "just for a test"]],
                ]
              ],
            ])
        },
        Drift("clients are shut out", changes: "ingress") { stage, rules in
          try await stage.edit(
            "ec2", "RevokeSecurityGroupIngress",
            [
              "GroupId": .string(rules.id),
              "IpPermissions": [
                ["IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [["CidrIp": "10.40.0.0/16"]]]
              ],
            ])
        },
      ])
  }
}
