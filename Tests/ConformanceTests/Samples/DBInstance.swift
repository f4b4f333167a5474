// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension DBInstance: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let otherGroup = stage.instanceParameters("other")
    let otherRole = Node<IAMRole>(
      "other",
      .init(
        name: "\(stage.stack)-other", path: "/harecon/\(stage.stack)/", description: "another role",
        trust: stage.monitoringRole.desired.trust, attachedPolicies: stage.monitoringRole.desired.attachedPolicies,
        tags: stage.tags(IAMRole.name, "other")))
    return Sample(
      stage.instance("a"),
      needs: stage.clusterNeeds
        + [
          stage.clusterLog.resource(), stage.cluster.resource(after: [stage.clusterLog.address]),
          stage.instanceParameters().resource(), otherGroup.resource(),
          stage.monitoringRole.resource(), otherRole.resource(),
        ],
      others: [
        .other(\.cluster, given: "another"),
        .other(\.zone, "us-east-1b"),
        .other(\.instanceClass, "db.r6g.large"),
        .other(\.promotionTier, 2),
        .other(\.parameterGroup, otherGroup.output(\.name)),
        .other(\.autoMinorUpgrade, true),
        .other(\.monitoringInterval, 30),
        .other(\.monitoringRole, otherRole.output(\.arn)),
        .other(\.certificateAuthority, "rds-ca-rsa4096-g1"),
        .other(\.maintenanceWindow, "sun:05:00-sun:06:00"),
        .other(\.publiclyAccessible, true),
        .other(\.tags, stage.tags(name, "a", team: "platform")),
      ],
      // The cluster writes its log, and nobody made the group for it beforehand.
      leaves: ["/aws/rds/cluster/\(stage.stack)/postgresql"])
  }
}
