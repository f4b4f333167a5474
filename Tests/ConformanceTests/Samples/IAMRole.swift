// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension IAMRole: Sampled {
  static func sample(in stage: Stage) -> Sample {
    var node = stage.monitoringRole.desired
    node.inlinePolicies = ["read": policy("logs:GetLogEvents"), "write": policy("logs:PutLogEvents")]
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": ["monitoring.rds.amazonaws.com", "lambda.amazonaws.com"]},
         "Action": "sts:AssumeRole"}]}
      """
    return Sample(
      Node<IAMRole>("monitoring", node),
      others: [
        .other(\.path, "/elsewhere/"),
        .other(\.description, "another description"),
        .other(\.trust, trust),
        .other(\.inlinePolicies, ["read": policy("logs:FilterLogEvents"), "list": policy("logs:DescribeLogGroups")]),
        .other(\.attachedPolicies, ["arn:aws:iam::aws:policy/CloudWatchLogsReadOnlyAccess"]),
        .other(\.permissionsBoundary, "arn:aws:iam::aws:policy/PowerUserAccess"),
        .other(\.maxSession, 7200),
        .other(\.tags, stage.tags(name, "monitoring", team: "platform")),
      ],
      drifts: [
        Drift("an inline policy that somebody else has added", changes: "inlinePolicies") { stage, live in
          try await stage.edit(
            "iam", "PutRolePolicy",
            [
              "RoleName": .string(live.id), "PolicyName": "backdoor",
              "PolicyDocument": .string(policy("iam:PassRole")),
            ])
        },
        Drift("a managed policy that somebody else has attached", changes: "attachedPolicies") { stage, live in
          try await stage.edit(
            "iam", "AttachRolePolicy",
            ["RoleName": .string(live.id), "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"])
        },
      ])
  }

  private static func policy(_ action: String) -> String {
    """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "\(action)", "Resource": "*"}]}
    """
  }
}
