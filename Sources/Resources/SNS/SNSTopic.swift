// SPDX-License-Identifier: Apache-2.0

internal import AWSAPISNS
package import AWSClient
package import Core
package import ResourceKit

// aws: sns CreateTopic DeleteTopic ListTopics GetTopicAttributes SetTopicAttributes
// aws: sns ListTagsForResource TagResource UntagResource
// aws: resourcegroupstaggingapi GetResources

/// A standard topic, encrypted with the customer key, with the policy that says who may publish to it.
///
/// - CloudWatch and EventBridge drop what they send to a topic under AWS's own key (`alias/aws/sns`) without a word: the topic
///   needs a customer key whose policy lets `cloudwatch.amazonaws.com` and `events.amazonaws.com` decrypt and make data keys.
/// - `CreateTopic` gives back the topic of that name when there is one; with other tags or attributes it is refused, so that
///   somebody else's topic is never taken over.
/// - A topic takes its subscriptions with it.
package enum SNSTopic: ResourceKind {
  package static let name: KindName = "sns/topic"
  package static let identity: Identity = .name
  package static let follows: [KindName] = [KMSKey.name, IAMRole.name]

  package struct Desired: Sendable {
    package var name: String
    /// What stands in the "From" of e-mails; empty for the topic's name.
    package var displayName: String
    /// Who may publish and subscribe; JSON.
    package var policy: String
    /// The ARN of the customer key.
    package var key: Input<String>?
    /// How failed deliveries to HTTP endpoints are repeated; JSON. nil for AWS's way.
    package var deliveryPolicy: String?
    /// `1` (SHA1) or `2` (SHA256).
    package var signatureVersion: String
    /// `PassThrough` or `Active`.
    package var tracing: String
    /// `HTTP`, `Lambda`, `SQS`, `Firehose` or `Application` → how deliveries are logged.
    package var deliveryLogs: [String: DeliveryLog]
    package var tags: [String: String]

    package init(
      name: String, displayName: String = "", policy: String, key: Input<String>?, deliveryPolicy: String? = nil,
      signatureVersion: String = "2", tracing: String = "PassThrough", deliveryLogs: [String: DeliveryLog] = [:],
      tags: [String: String]
    ) {
      self.name = name
      self.displayName = displayName
      self.policy = policy
      self.key = key
      self.deliveryPolicy = deliveryPolicy
      self.signatureVersion = signatureVersion
      self.tracing = tracing
      self.deliveryLogs = deliveryLogs
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var displayName: String
    package var policy: String
    package var key: String?
    package var deliveryPolicy: String?
    package var signatureVersion: String
    package var tracing: String
    package var deliveryLogs: [String: DeliveryLog]
    package var tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("displayName", \.displayName, \.displayName),
    Attribute("policy", \.policy, \.policy, equality: .policy),
    Attribute("key", \.key, \.key),
    Attribute("deliveryPolicy", \.deliveryPolicy, \.deliveryPolicy, equality: .document),
    Attribute("signatureVersion", \.signatureVersion, \.signatureVersion),
    Attribute("tracing", \.tracing, \.tracing),
    Attribute("deliveryLogs", \.deliveryLogs, \.deliveryLogs),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let arns = try await arns(query, aws)
    let (live, tags) = try await both { () async throws(CallError) in
      try await arns.concurrently { (arn) async throws(CallError) in
        try await ifThere { () async throws(CallError) in
          (arn, try await aws(SNS.getTopicAttributes, .init(topicArn: arn)).attributes ?? [:])
        }
      }.compactMap(\.self)
    } _: { () async throws(CallError) in
      try await query.tags(of: arns, aws) { (arn) async throws(CallError) in try await tagsOf(arn, aws) }
    }
    return live.compactMap { arn, attributes in tags[arn].map { Observed(arn, attributes, $0) } }
  }

  /// The topics that may be the stack's. Topics cannot be listed by name, nor asked about without the account's number.
  private static func arns(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [String] {
    if let arn = query.focus?.id { return [arn] }
    let listed = try await aws.all(SNS.listTopics, .init(), \.topics).compactMap(\.topicArn)
    let isWanted: (String) -> Bool = query.focusName.map { name in { $0 == name } } ?? { query.mayOwn($0) }
    return listed.filter { isWanted(topicName(of: $0)) }.sorted()
  }

  /// The tags of a topic; nil when it is gone.
  private static func tagsOf(_ arn: String, _ aws: AWS) async throws(CallError) -> [String: String]? {
    let answer = try await ifThere { () async throws(CallError) in
      try await aws(SNS.listTagsForResource, .init(resourceArn: arn))
    }
    return answer.map { answer in
      (answer.tags ?? []).reduce(into: [:]) { tags, tag in
        if let key = tag.key { tags[key] = tag.value ?? "" }
      }
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let attributes = try Settings.values(Settings.allCases, of: desired)
    let tags = desired.tags.sorted { $0.key < $1.key }.map { SNS.Tag(key: $0.key, value: $0.value) }
    do throws(CallError) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(
          SNS.createTopic,
          .init(name: desired.name, attributes: attributes.filter { !$0.value.isEmpty }, tags: tags))
      }
    } catch {
      throw error.withTakenName
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    for setting in Settings.allCases where changes.contains(setting.path) {
      let wanted = try setting.values(of: desired)
      // Logging that is no longer wanted is switched off by empty values.
      let unwanted = setting == .deliveryLogs ? Settings.values(of: observed.deliveryLogs) : [:]
      for (name, value) in wanted.merging(unwanted.mapValues { _ in "" }, uniquingKeysWith: { wanted, _ in wanted })
        .sorted(by: { $0.key < $1.key })
      {
        _ = try await awaitingVisibility { () async throws(CallError) in
          try await aws(
            SNS.setTopicAttributes, .init(topicArn: observed.arn, attributeName: name, attributeValue: value))
        }
      }
    }
    if changes.contains(\.tags) { try await retag(observed, to: desired.tags, aws) }
  }

  private static func retag(_ observed: Observed, to desired: [String: String], _ aws: AWS) async throws(CallError) {
    let changes = TagChanges(from: observed.tags, to: desired)
    if !changes.set.isEmpty {
      let tags = changes.set.map { SNS.Tag(key: $0.key, value: $0.value) }
      _ = try await aws(SNS.tagResource, .init(resourceArn: observed.arn, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(SNS.untagResource, .init(resourceArn: observed.arn, tagKeys: changes.remove))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(SNS.deleteTopic, .init(topicArn: observed.arn))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.arn, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }
}

/// `payments-critical` of `arn:aws:sns:us-east-1:111122223333:payments-critical`.
private func topicName(of arn: String) -> String {
  arn.split(separator: ":").last.map(String.init) ?? arn
}

extension CallError {
  /// SNS has one code for all that is wrong with a request; the words tell that the name is taken.
  fileprivate var withTakenName: CallError {
    guard message.contains("already exists with different") else { return self }
    var error = self
    error.category = .alreadyExists
    return error
  }
}
