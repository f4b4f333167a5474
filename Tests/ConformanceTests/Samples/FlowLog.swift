// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension FlowLog: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let otherNetwork = Node<VPC>(
      "other", .init(cidr: "10.30.0.0/16", tags: stage.tags(VPC.name, "other")))
    let log = Node<Self>(
      "main",
      .init(
        vpc: stage.vpc.output(\.id), logGroup: stage.trafficLog("traffic").output(\.arn),
        role: stage.trafficRole("traffic").output(\.arn), tags: stage.tags(name, "main")))
    return Sample(
      log,
      needs: [
        stage.vpc.resource(), otherNetwork.resource(), stage.trafficLog("traffic").resource(),
        stage.trafficLog("other").resource(), stage.trafficRole("traffic").resource(),
        stage.trafficRole("other").resource(),
      ],
      others: [
        .other(\.vpc, otherNetwork.output(\.id)),
        .other(\.traffic, "REJECT"),
        .other(\.logGroup, stage.trafficLog("other").output(\.arn)),
        .other(\.role, stage.trafficRole("other").output(\.arn)),
        .other(\.format, FlowLog.format + " ${flow-direction}"),
        .other(\.interval, 60),
        .other(\.tags, stage.tags(name, "main", team: "platform")),
      ])
  }
}

extension Stage {
  fileprivate func trafficLog(_ name: String) -> Node<LogGroup> {
    Node(
      name,
      .init(name: "/harecon/\(stack)/\(name)", retention: 30, key: nil, tags: tags(LogGroup.name, name)))
  }

  fileprivate func trafficRole(_ name: String) -> Node<IAMRole> {
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
      """
    let rights = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]}
      """
    return Node(
      name,
      .init(
        name: "\(stack)-\(name)", path: "/harecon/\(stack)/", description: "a role of a sample", trust: trust,
        inlinePolicies: ["write": rights], tags: tags(IAMRole.name, name)))
  }
}
