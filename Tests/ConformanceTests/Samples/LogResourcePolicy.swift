// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension LogResourcePolicy: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let group = stage.logs("events")
    let document: (JSONDocument) -> JSONDocument = { service in
      [
        "Version": "2012-10-17",
        "Statement": [
          [
            "Sid": "TrustEvents", "Effect": "Allow", "Principal": ["Service": service],
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": .reference(group.output(\.arn)),
          ]
        ],
      ]
    }
    let services: JSONDocument = ["events.amazonaws.com", "delivery.logs.amazonaws.com"]
    let node = Node<Self>(
      "events",
      .init(name: "sample-events", document: document(services), stack: stage.stack, resource: "events"))
    return Sample(
      node, needs: [group.resource()],
      others: [.other(\.document, document("events.amazonaws.com"))],
      drifts: [
        Drift("somebody adds a service", changes: "document") { stage, live in
          try await stage.widenPolicy("sample-events")
        }
      ])
  }
}

extension Stage {
  /// Adds a principal to the policy, whose owner stays recognisable.
  fileprivate func widenPolicy(_ name: String) async throws {
    let listed = try await edit("logs", "DescribeResourcePolicies", [:])["resourcePolicies"]?.array ?? []
    guard let policy = listed.first(where: { $0["policyName"]?.string == name })?["policyDocument"]?.string else {
      throw SandboxFailure(message: "there is no policy \(name)")
    }
    let wider = policy.replacing("events.amazonaws.com", with: "es.amazonaws.com", maxReplacements: 1)
    try await edit("logs", "PutResourcePolicy", ["policyName": .string(name), "policyDocument": .string(wider)])
  }
}
