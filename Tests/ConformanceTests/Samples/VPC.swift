// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension VPC: Sampled {
  static func sample(in stage: Stage) -> Sample {
    // Host names off: DNS support cannot go off while they are on.
    let node = Node<Self>("main", .init(cidr: "10.20.0.0/16", dnsHostnames: false, tags: stage.tags(name, "main")))
    return Sample(
      node,
      others: [
        .other(\.cidr, "10.21.0.0/16"),
        .other(\.dnsSupport, false),
        .other(\.dnsHostnames, true),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ],
      drifts: [
        Drift("a tag that is ours is taken off", changes: "tags") { stage, vpc in
          try await stage.edit("ec2", "DeleteTags", ["Resources": [.string(vpc.id)], "Tags": [["Key": "team"]]])
        }
      ])
  }
}
