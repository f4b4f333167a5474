// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension InterfaceEndpoint: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let (a, b) = (stage.subnet(0), stage.subnet(1))
    let (endpoints, others) = (stage.group("endpoints"), stage.group("others"))
    let node = Node<Self>(
      "sts",
      .init(
        vpc: stage.vpc.output(\.id), service: "com.amazonaws.us-east-1.sts", subnets: [a.output(\.id)],
        securityGroups: [endpoints.output(\.id)], tags: stage.tags(name, "sts")))
    return Sample(
      node,
      needs: [
        stage.vpc.resource(), a.resource(), b.resource(), endpoints.resource(), others.resource(),
      ],
      others: [
        .other(\.vpc, given: "vpc-0123456789abcdef0"),
        .other(\.service, "com.amazonaws.us-east-1.kms"),
        .other(\.subnets, [a.output(\.id), b.output(\.id)]),
        .other(\.securityGroups, [others.output(\.id)]),
        .other(\.privateDNS, false),
        .other(\.policy, #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:*","Resource":"*"}]}"#),
        .other(\.tags, stage.tags(name, "sts", team: "platform")),
      ])
  }
}
