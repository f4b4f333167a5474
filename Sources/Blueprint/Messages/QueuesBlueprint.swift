// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// The queues: transactions that wait for a writer, and whatever could not be delivered.
struct QueuesBlueprint {
  private let nodes: [StackQueue: Node<SQSQueue>]
  private let scope: Scope

  init(_ scope: Scope, _ encryption: EncryptionBlueprint) {
    self.scope = scope
    let key = encryption.key.output(\.arn)
    var nodes: [StackQueue: Node<SQSQueue>] = [:]
    for queue in StackQueue.allCases where queue != .replay {
      nodes[queue] = Node(
        queue.plainName,
        .init(
          name: scope.names.queue(queue), retention: Self.longest, policy: Self.policy(of: queue, scope).text,
          redriveAllow: queue == .replayDead ? .queues([Self.arn(.replay, scope)]) : .nobody, key: key,
          fifo: queue == .replayDead ? .init() : nil,
          tags: scope.tags(SQSQueue.self, queue.plainName)))
    }
    if let dead = nodes[.replayDead] {
      nodes[.replay] = Node(
        StackQueue.replay.plainName,
        .init(
          name: scope.names.queue(.replay), visibility: Self.visibility,
          retention: scope.stack.failover.replay.retention.wholeSeconds,
          policy: Self.policy(of: .replay, scope).text,
          redrive: .init(target: dead.output(\.arn), receives: Self.receives), redriveAllow: .nobody, key: key,
          // One partition key after another, as many at once as there are: order matters within a key only.
          fifo: .init(deduplicationScope: "messageGroup", throughputLimit: "perMessageGroupId"),
          tags: scope.tags(SQSQueue.self, StackQueue.replay.plainName)))
    }
    self.nodes = nodes
  }

  /// - Precondition: every queue has its node.
  subscript(_ queue: StackQueue) -> Node<SQSQueue> {
    guard let node = nodes[queue] else { preconditionFailure("there is no queue \(queue.rawValue)") }
    return node
  }

  var resources: [DesiredResource] {
    StackQueue.allCases.map { queue in
      self[queue].resource(origin: queue == .replay ? scope.stack.failover.$replay.span : scope.stack.$failover.span)
    }
  }

  /// Seconds; two weeks, the longest that SQS keeps a message.
  private static let longest = 1_209_600
  /// Seconds, six times as long as the replay worker may take: Lambda needs room to try again.
  private static let visibility = 6 * FunctionShape.of(.replayWorker).timeout
  /// The most that SQS takes. A message that waits for a writer comes once a minute: a hundred receives would send it to the
  /// dead letters after an outage of less than two hours. What is refused for good the worker parks by itself.
  private static let receives = 1000

  private static func arn(_ queue: StackQueue, _ scope: Scope) -> String {
    scope.arn("sqs", scope.names.queue(queue))
  }

  /// Who may put something in besides the roles of the account. Without it what cannot be delivered is lost.
  private static func policy(of queue: StackQueue, _ scope: Scope) -> Policy {
    let arn = arn(queue, scope)
    let plain = Statement(
      "EncryptedOnly", .deny, .anyone, ["sqs:*"], on: [arn], when: [.flag("aws:SecureTransport", false)])
    switch queue {
    case .replay, .replayDead, .drillsDead, .functionsDead: return Policy(plain)
    case .eventsDead:
      let rules = (StackRule.allCases.map(\.rawValue) + [EventTrailBlueprint.rule])
        .map { scope.arn("events", "rule/\(scope.names.rule($0))") }
      return Policy(
        plain,
        Statement(
          "UndeliveredEvents", .allow, .service("events.amazonaws.com"), ["sqs:SendMessage"], on: [arn],
          when: [.arn("aws:SourceArn", anyOf: rules)]))
    case .alertsDead:
      let topics = [scope.names.criticalTopic, scope.names.warningTopic].map { scope.arn("sns", $0) }
      return Policy(
        plain,
        Statement(
          "UndeliveredAlerts", .allow, .service("sns.amazonaws.com"), ["sqs:SendMessage"], on: [arn],
          when: [.arn("aws:SourceArn", anyOf: topics)]))
    }
  }
}
