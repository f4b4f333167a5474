// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension SecurityGroup: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let node = stage.group("database")
    // A group comes with a rule of AWS's own; the rule set beside it takes that away.
    let rules = Node<SecurityGroupRules>(
      "database",
      .init(group: node.output(\.id), ingress: [], egress: [SecurityRule(.tcp(443...443), .cidr("10.20.0.0/16"))]))
    return Sample(
      node, needs: [stage.vpc.resource()], beside: [rules.resource()],
      others: [
        .other(\.name, "another-name"),
        .other(\.description, "another description"),
        .other(\.vpc, given: "vpc-0123456789abcdef0"),
        .other(\.tags, stage.tags(name, "database", team: "platform")),
      ])
  }
}
