// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension RouteTable: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let (a, b) = (stage.subnet(0), stage.subnet(1))
    let node = Node<Self>(
      "private",
      .init(vpc: stage.vpc.output(\.id), subnets: [a.output(\.id)], tags: stage.tags(name, "private")))
    return Sample(
      node, needs: [stage.vpc.resource(), a.resource(), b.resource()],
      others: [
        .other(\.vpc, given: "vpc-0123456789abcdef0"),
        .other(\.subnets, [b.output(\.id)]),
        .other(\.tags, stage.tags(name, "private", team: "platform")),
      ],
      untried: ["internetRoutes": "no spec asks for any; the drift below tries it"],
      drifts: [
        Drift("a route to an internet gateway", changes: "internetRoutes") { stage, table in
          try await stage.edit(
            "ec2", "CreateRoute",
            [
              "RouteTableId": .string(table.id), "DestinationCidrBlock": "0.0.0.0/0",
              "GatewayId": "igw-0123456789abcdef0",
            ])
        },
        Drift("a subnet is moved to another table", changes: "subnets") { stage, table in
          let vpc = try await stage.live(VPC.name).id
          let other = try await stage.edit("ec2", "CreateRouteTable", ["VpcId": .string(vpc)])["RouteTable"]
          let ours = try await stage.edit("ec2", "DescribeRouteTables", ["RouteTableIds": [.string(table.id)]])
          let associations = ours["RouteTables"]?.array?.first?["Associations"]?.array ?? []
          try await stage.edit(
            "ec2", "ReplaceRouteTableAssociation",
            [
              "AssociationId": associations.first?["RouteTableAssociationId"] ?? .null,
              "RouteTableId": other?["RouteTableId"] ?? .null,
            ])
        },
      ])
  }
}
