// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension SecurityGroup: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let node = stage.group("database")
    return Sample(
      node, needs: [stage.vpc.resource()],
      others: [
        .other(\.name, "another-name"),
        .other(\.description, "another description"),
        .other(\.vpc, given: "vpc-0123456789abcdef0"),
        .other(\.tags, stage.tags(name, "database", team: "platform")),
      ])
  }
}
