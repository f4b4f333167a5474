// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension DBSubnetGroup: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(
      stage.subnetGroup, needs: [stage.vpc.resource()] + stage.subnets.map { $0.resource() },
      others: [
        .other(\.description, "another description"),
        .other(\.subnets, stage.subnets.dropLast().map { $0.output(\.id) }),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ])
  }
}
