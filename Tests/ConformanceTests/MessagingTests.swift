// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What topics, subscriptions and queues promise beyond what all kinds do.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct MessagingTests {
  private static let hook = "https://alerts.example.com/hooks/T0-plain-text"

  /// A topic with a subscription whose owner has to confirm it.
  private func resources(
    in stage: Stage, _ name: String = "email", _ endpoint: String = "oncall@example.com", rawDelivery: Bool = false,
    deliveryPolicy: String? = nil
  ) -> [DesiredResource] {
    let topic = stage.topic("critical")
    let node = Node<SNSSubscription>(
      "someone",
      .init(
        topic: topic.output(\.arn), protocol: name, endpoint: .given(endpoint), rawDelivery: rawDelivery,
        redrive: stage.queue("dead").output(\.arn), deliveryPolicy: deliveryPolicy))
    return [stage.key.resource(), stage.queue("dead").resource(), topic.resource(), node.resource()]
  }

  private func confirm(_ stage: Stage) async throws {
    let rows = try await stage.control("inventory")["resources"]?.array ?? []
    let tokens = rows.compactMap { $0["token"]?.string }
    let token = try #require(tokens.first)
    try await stage.edit(
      "sns", "ConfirmSubscription", ["TopicArn": .string(stage.topicARN("critical")), "Token": .string(token)])
  }

  @Test("a pending subscription is no difference, is told, and is not asked for again")
  func pending() async throws {
    let stage = try await Stage()
    let resources = resources(in: stage)
    try await stage.converge(resources)
    let decision = try await stage.plan(resources)
    #expect(decision.plan.steps == [], "\(decision.plan.summary)")
    let note = try #require(decision.plan.notes.first { $0.rule == "plan.pending" })
    #expect(note.message.contains("oncall@example.com") && note.message.contains("has opened the link"))
    #expect(try await stage.calls().filter { $0.operation == "Subscribe" }.count == 1)
    try await stage.expectNoViolations()
  }

  @Test("a change of a pending subscription is made once it is confirmed")
  func changedWhilePending() async throws {
    let stage = try await Stage()
    try await stage.converge(resources(in: stage, "https", Self.hook))
    let policy = #"{"healthyRetryPolicy": {"numRetries": 5}}"#
    let changed = resources(in: stage, "https", Self.hook, rawDelivery: true, deliveryPolicy: policy)
    #expect(try await stage.plan(changed).plan.steps == [])
    try await confirm(stage)
    let repair = try await stage.converge(changed)
    #expect(repair.updates?.values.map { Set($0) } == [["rawDelivery", "deliveryPolicy"]], "\(repair.summary)")
    let end = try await stage.plan(changed).plan
    #expect(end.steps == [] && !end.notes.contains { $0.rule == "plan.pending" })
    let back = try await stage.converge(resources(in: stage, "https", Self.hook))
    #expect(back.updates?.values.map { Set($0) } == [["rawDelivery", "deliveryPolicy"]], "\(back.summary)")
    try await stage.expectNoViolations()
  }

  @Test("a pending subscription that nobody wants any more is let be, and goes with its topic")
  func unwantedWhilePending() async throws {
    let stage = try await Stage()
    let all = resources(in: stage)
    try await stage.converge(all)
    let rest = Array(all.dropLast())
    #expect(try await stage.plan(rest).plan.steps == [])
    try await stage.destroy(all)
    #expect(try await stage.inventory()["sns/subscription"] == nil)
    #expect(try await stage.calls().filter { $0.operation == "Unsubscribe" }.isEmpty)
    try await stage.expectNoViolations()
  }

  @Test("an unconfirmed subscription that AWS has dropped is asked for again")
  func dropped() async throws {
    let stage = try await Stage()
    let resources = resources(in: stage)
    try await stage.converge(resources)
    try await stage.control("clock", ["advance": 200_000])
    let again = try await stage.converge(resources)
    #expect(again.change(at: Address(SNSSubscription.name, "someone"))?.action == .create)
    try await stage.expectNoViolations()
  }

  @Test("whoever subscribes behind the stack's back is cancelled")
  func eavesdropper() async throws {
    let stage = try await Stage(lookingAt: SNSSubscription.name)
    let resources = Array(resources(in: stage).dropLast())
    try await stage.converge(resources)
    try await stage.edit(
      "sns", "Subscribe",
      [
        "TopicArn": .string(stage.topicARN("critical")), "Protocol": "email", "Endpoint": "eve@example.com",
      ])
    try await confirm(stage)
    let repair = try await stage.converge(resources)
    #expect(repair.changes.contains { $0.action == .delete && $0.address.name.contains("eve@example.com") })
    #expect(try await stage.inventory()["sns/subscription"] == nil)
  }

  @Test("the path of a URL is seen nowhere, not even when AWS quotes it")
  func secretPath() async throws {
    let stage = try await Stage()
    let resources = resources(in: stage, "https", Self.hook)
    try await stage.control(
      "faults",
      [
        [
          "service": "sns", "operation": "Subscribe", "kind": "denied", "times": 1,
          "message": .string("not authorized to subscribe \(Self.hook)"),
        ]
      ])
    let first = try await stage.plan(resources)
    let verdict = await stage.apply(first)
    #expect(!verdict.isSuccess)
    let second = try await stage.plan(resources)
    try await stage.converge(resources)
    try await confirm(stage)
    let unwanted = try await stage.plan(Array(resources.dropLast()))
    for text in ["\(first.plan)", "\(verdict)", "\(second.plan)", "\(unwanted.plan)"] {
      #expect(!text.contains("plain-text"))
      #expect(text.contains("alerts.example.com"))
    }
  }

  @Test("a topic that somebody else made under our name is refused and stays")
  func foreignTopic() async throws {
    let stage = try await Stage()
    try await stage.edit("sns", "CreateTopic", ["Name": .string("\(stage.stack)-critical")])
    let start = try await stage.now()
    await #expect { _ = try await stage.plan(resources(in: stage)) } throws: { error in
      (error as? Stop)?.exitCode == .ownership
    }
    #expect(try await stage.calls(since: start).filter(\.isWrite).isEmpty)
  }

  @Test("a queue is made again when SQS gives its name free")
  func recreatedQueue() async throws {
    let stage = try await Stage()
    // Otherwise looking at tags moves the clock past the minute.
    try await stage.control("settings", ["tagging_lingers": 0])
    let resources = [stage.key.resource(), stage.queue("dead").resource()]
    try await stage.converge(resources)
    try await stage.destroy(resources)
    try await stage.converge(resources)
    #expect(try await stage.calls().filter { $0.operation == "CreateQueue" }.count > 2, "it was refused at first")
    #expect(try await stage.plan(resources).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("a queue without a customer key whose encryption was switched off is encrypted again")
  func plainText() async throws {
    let stage = try await Stage()
    var desired = stage.queue("dead").desired
    desired.key = nil
    let node = Node<SQSQueue>("dead", desired)
    try await stage.converge([node.resource()])
    try await stage.setQueue("dead", ["SqsManagedSseEnabled": "false"])
    try await stage.control("clock", ["advance": 60])
    let repair = try await stage.converge([node.resource()])
    #expect(repair.updates == [node.address: ["encrypted"]], "\(repair.summary)")
    #expect(try await stage.plan([node.resource()]).plan.steps == [])
  }

  @Test("a queue that is taken out of the spec is kept")
  func keptQueue() async throws {
    let stage = try await Stage()
    let key = stage.key.resource()
    try await stage.converge([key, stage.queue("dead").resource()])
    let plan = try await stage.plan([key]).plan
    #expect(plan.steps == [] && plan.notes.contains { $0.rule == "plan.kept" })
  }

  @Test("many queues cost one listing of names and one of tags")
  func calls() async throws {
    let stage = try await Stage()
    let queues = ["a", "b", "c", "d"].map { stage.queue($0).resource() }
    try await stage.converge([stage.key.resource()] + queues)
    // By then the listing of tags has them all.
    try await stage.control("clock", ["advance": 60])
    let start = try await stage.now()
    _ = try await stage.observe(SQSQueue.name, queues)
    let made = try await stage.calls(since: start).filter { $0.service == "sqs" }.map(\.operation)
    #expect(made.filter { $0 == "ListQueues" }.count == 1)
    #expect(made.filter { $0 == "ListQueueTags" }.isEmpty)
    #expect(made.count == 5)
  }
}
