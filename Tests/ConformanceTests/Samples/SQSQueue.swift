// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension SQSQueue: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let dead = stage.queue("replay-dead.fifo")
    var node = stage.queue("replay.fifo").desired
    node.redrive = .init(target: dead.output(\.arn), receives: 5)
    return Sample(
      Node<SQSQueue>("replay.fifo", node), needs: [stage.key.resource(), dead.resource()],
      others: [
        .other(\.visibility, 120),
        .other(\.retention, 1_209_600),
        .other(\.delay, 5),
        .other(\.receiveWait, 0),
        .other(\.maximumSize, 65_536),
        .other(\.policy, stage.queuePolicy("replay.fifo", service: "sns.amazonaws.com")),
        .other(\.redrive, .init(target: dead.output(\.arn), receives: 3)),
        .other(\.redriveAllow, .queues([stage.queueARN("other.fifo")])),
        .other(\.key, nil),
        .other(\.keyReuse, 600),
        .other(\.fifo, .highThroughput(deduplicatesByContent: true)),
        .other(\.tags, stage.tags(name, "replay.fifo", team: "platform")),
      ],
      untried: ["encrypted": "no spec asks for a queue that is not encrypted"],
      drifts: [
        Drift("the queue opened to everybody", changes: "policy") { stage, live in
          let policy = """
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Principal": "*", "Action": "sqs:ReceiveMessage", "Resource": "*"}]}
            """
          try await stage.setQueue("replay.fifo", ["Policy": .string(policy)])
        },
        Drift("the dead-letter queue taken away", changes: "redrive") { stage, _ in
          try await stage.setQueue("replay.fifo", ["RedrivePolicy": ""])
        },
      ])
  }
}

extension Stage {
  func queueARN(_ what: String) -> String { "arn:aws:sqs:\(Self.region):\(account):\(stack)-\(what)" }

  func queuePolicy(_ what: String, service: String) -> String {
    """
    {"Version": "2012-10-17", "Statement": [
      {"Sid": "Send", "Effect": "Allow", "Principal": {"Service": "\(service)"}, "Action": "sqs:SendMessage",
       "Resource": "\(queueARN(what))", "Condition": {"StringEquals": {"aws:SourceAccount": "\(account)"}}}]}
    """
  }

  func queue(_ what: String) -> Node<SQSQueue> {
    Node(
      what,
      .init(
        name: "\(stack)-\(what)", key: key.output(\.arn), fifo: what.hasSuffix(".fifo") ? .init() : nil,
        tags: tags(SQSQueue.name, what)))
  }

  func setQueue(_ what: String, _ attributes: JSONObject) async throws {
    let url = "https://sqs.\(Self.region).amazonaws.com/\(account)/\(stack)-\(what)"
    try await edit(
      "sqs", "SetQueueAttributes", ["QueueUrl": .string(url), "Attributes": .object(attributes)])
  }
}
