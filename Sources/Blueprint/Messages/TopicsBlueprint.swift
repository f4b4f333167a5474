// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// Two topics, by how soon somebody has to look, and those who are told.
struct TopicsBlueprint {
  let critical: Node<SNSTopic>
  let warning: Node<SNSTopic>
  private let scope: Scope
  private let subscriptions: [(node: Node<SNSSubscription>, origin: SourceSpan)]

  init(_ scope: Scope, _ encryption: EncryptionBlueprint, _ queues: QueuesBlueprint) {
    self.scope = scope
    let topic = { (name: String, inAWS: String) in
      Node<SNSTopic>(
        name,
        .init(
          name: inAWS, displayName: "\(scope.stack.name) \(name)", policy: Self.policy(inAWS, scope).text,
          key: encryption.key.output(\.arn), tags: scope.tags(SNSTopic.self, name)))
    }
    let critical = topic("critical", scope.names.criticalTopic)
    let warning = topic("warning", scope.names.warningTopic)
    self.critical = critical
    self.warning = warning
    let alerts = scope.stack.alerts
    subscriptions = [(critical, alerts.critical), (warning, alerts.warning)].flatMap { topic, channels in
      channels.map { channel in
        let target = channel.target
        // Not the address itself: a hook's holds what should not be in a name.
        let digest = Digest.hex(Array(Digest.sha256("\(target.transport) \(target.endpoint.value)").prefix(4)))
        let node = Node<SNSSubscription>(
          "\(topic.address.name)-\(target.transport)-\(digest)",
          .init(
            topic: topic.output(\.arn), protocol: target.transport, endpoint: .given(target.endpoint.value),
            redrive: queues[.alertsDead].output(\.arn)))
        return (node, target.endpoint.span)
      }
    }
  }

  var resources: [DesiredResource] {
    let alerts = scope.stack.alerts
    return [critical.resource(origin: alerts.$critical.span), warning.resource(origin: alerts.$warning.span)]
      + subscriptions.map { subscription in subscription.node.resource(origin: subscription.origin) }
  }

  /// The stack's alarms, and whoever in the account is allowed to by a policy of their own. Not EventBridge: its events go to
  /// functions, which say what they mean.
  private static func policy(_ name: String, _ scope: Scope) -> Policy {
    let arn = scope.arn("sns", name)
    return Policy(
      Statement(
        "Alarms", .allow, .service("cloudwatch.amazonaws.com"), ["sns:Publish"], on: [arn],
        when: [.arn("aws:SourceArn", scope.arn("cloudwatch", "alarm:\(scope.stack.name)-*"))]),
      Statement(
        "EncryptedOnly", .deny, .anyone, ["sns:Publish"], on: [arn], when: [.flag("aws:SecureTransport", false)]))
  }
}
