// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension Subnet: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      stage.subnet(0), needs: [stage.vpc.resource()],
      others: [
        .other(\.vpc, given: "vpc-0123456789abcdef0"),
        .other(\.zone, "us-east-1c"),
        .other(\.cidr, "10.20.64.0/20"),
        .other(\.publicAddresses, true),
        .other(\.tags, stage.tags(name, "a", team: "platform")),
      ])
  }
}
