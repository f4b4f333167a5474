// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension ClusterEndpoint: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let (a, b) = (stage.instance("a"), stage.instance("b"))
    let endpoint = Node<Self>(
      "reports",
      .init(
        name: "\(stage.stack)-reports", cluster: stage.cluster.output(\.name), members: [a.output(\.name)],
        tags: stage.tags(name, "reports")))
    return Sample(
      endpoint,
      needs: stage.clusterNeeds
        + [
          stage.clusterLog.resource(), stage.cluster.resource(after: [stage.clusterLog.address]),
          stage.instanceParameters().resource(), stage.monitoringRole.resource(), a.resource(), b.resource(),
        ],
      others: [
        .other(\.cluster, given: "another"),
        .other(\.type, "ANY"),
        .other(\.members, [a.output(\.name), b.output(\.name)]),
        .other(\.tags, stage.tags(name, "reports", team: "platform")),
      ],
      untried: ["excluded": "nothing is excluded where members are named; a test of its own goes there"],
      drifts: [
        Drift("another member named by hand", changes: "members") { stage, live in
          try await stage.edit(
            "rds", "ModifyDBClusterEndpoint",
            [
              "DBClusterEndpointIdentifier": .string(live.id), "StaticMembers": [.string("\(stage.stack)-b")],
              "ExcludedMembers": [],
            ])
        }
      ],
      // The cluster writes its log, and nobody made the group for it beforehand.
      leaves: ["/aws/rds/cluster/\(stage.stack)/postgresql"])
  }
}
