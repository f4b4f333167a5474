// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension Stage {
  var zone: Node<HostedZone> {
    Node(
      "main",
      .init(
        zone: "sample.internal", vpcs: [vpc.output(\.id)], comment: "names of a sample",
        tags: tags(HostedZone.name, "main")))
  }
}

extension HostedZone: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let second = Node<VPC>("second", .init(cidr: "10.30.0.0/16", tags: stage.tags(VPC.name, "second")))
    return Sample(
      stage.zone, needs: [stage.vpc.resource(), second.resource()],
      others: [
        .other(\.zone, "another.internal"),
        .other(\.vpcs, [stage.vpc.output(\.id), second.output(\.id)]),
        .other(\.comment, "another comment"),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ])
  }
}
