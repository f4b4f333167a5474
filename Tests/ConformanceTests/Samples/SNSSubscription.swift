// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources
import Testing

extension SNSSubscription: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let topics = [stage.topic("critical"), stage.topic("warning")]
    let queues = [stage.queue("alerts"), stage.queue("other-alerts"), stage.queue("dead")]
    let node = Node<Self>(
      "queue",
      .init(
        topic: topics[0].output(\.arn), protocol: "sqs", endpoint: queues[0].output(\.arn),
        filterPolicy: #"{"severity": ["page", "warn"]}"#, redrive: queues[2].output(\.arn)))
    return Sample(
      node, needs: [stage.key.resource()] + topics.map { $0.resource() } + queues.map { $0.resource() },
      others: [
        .other(\.topic, topics[1].output(\.arn)),
        .other(\.endpoint, SubscriptionEndpoint(queues[1].output(\.arn))),
        .other(\.rawDelivery, true),
        .other(\.filterPolicy, #"{"severity": ["page"]}"#),
        .other(\.filterScope, "MessageBody"),
        .other(\.redrive, nil),
      ],
      untried: [
        "protocol": "an endpoint belongs to its protocol: another one is another endpoint",
        "deliveryPolicy": "only a URL has one, and is pending: see MessagingTests",
      ],
      drifts: [
        Drift("the filter taken away", changes: "filterPolicy") { stage, live in
          let arn = try #require(live.outputs["arn"].flatMap { String($0) })
          try await stage.edit(
            "sns", "SetSubscriptionAttributes",
            ["SubscriptionArn": .string(arn), "AttributeName": "FilterPolicy", "AttributeValue": "{}"])
        }
      ])
  }
}
