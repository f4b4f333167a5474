// SPDX-License-Identifier: Apache-2.0

internal import AWSAPISNS
package import AWSClient
package import Core
package import ResourceKit

// aws: sns ListSubscriptionsByTopic GetSubscriptionAttributes Subscribe SetSubscriptionAttributes Unsubscribe

/// Who gets what a topic publishes.
///
/// - It cannot carry tags: whose the topic is, its subscriptions are. One that the spec does not name is cancelled, because
///   whoever subscribes reads the stack's alerts.
/// - An e-mail address, a URL or a phone subscribes itself: until its owner has opened the link that AWS sent, the subscription is pending.
///   That is no difference, and the plan says so. AWS tells neither the attributes of a pending subscription nor its
///   ARN, so that it cannot be changed or cancelled; it goes after two days, or with its topic, and the next run then asks again.
/// - A queue needs a policy that lets `sns.amazonaws.com` send, a function a permission: SNS drops what it cannot deliver, into the
///   dead-letter queue if there is one.
package enum SNSSubscription: ResourceKind {
  package static let name: KindName = "sns/subscription"
  package static let identity: Identity = .parent
  package static let parent: KindName? = SNSTopic.name
  package static let follows: [KindName] = [SNSTopic.name, SQSQueue.name]

  package struct Desired: Sendable {
    /// The ARN of the topic.
    package var topic: Input<String>
    /// `email`, `https`, `sqs`, `lambda`, ...
    package var `protocol`: String
    package var endpoint: SubscriptionEndpoint
    /// Deliver the message alone, without SNS's envelope; to queues and URLs.
    package var rawDelivery: Bool
    /// Which messages are delivered; JSON. nil for all.
    package var filterPolicy: String?
    /// What the filter looks at: `MessageAttributes` or `MessageBody`.
    package var filterScope: String
    /// The ARN of the queue that gets what cannot be delivered.
    package var redrive: Input<String>?
    /// How failed deliveries to a URL are repeated; JSON. nil for the topic's way.
    package var deliveryPolicy: String?

    package init(
      topic: Input<String>, protocol: String, endpoint: Input<String>, rawDelivery: Bool = false,
      filterPolicy: String? = nil, filterScope: String = "MessageAttributes", redrive: Input<String>? = nil,
      deliveryPolicy: String? = nil
    ) {
      self.topic = topic
      self.protocol = `protocol`
      self.endpoint = SubscriptionEndpoint(endpoint)
      self.rawDelivery = rawDelivery
      self.filterPolicy = filterPolicy
      self.filterScope = filterScope
      self.redrive = redrive
      self.deliveryPolicy = deliveryPolicy
    }
  }

  package struct Observed: Sendable {
    package var topic: String
    package var `protocol`: String
    package var endpoint: SubscriptionEndpoint
    /// nil while it is pending.
    package var arn: String?
    package var rawDelivery: Bool
    package var filterPolicy: String?
    package var filterScope: String
    package var redrive: String?
    package var deliveryPolicy: String?
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("topic", \.topic, \.topic, .replace(.createThenDelete)),
    Attribute("protocol", \.protocol, \.protocol, .replace(.createThenDelete)),
    Attribute("endpoint", \.endpoint, \.endpoint, .replace(.createThenDelete)),
    Attribute("rawDelivery", \.rawDelivery, \.rawDelivery),
    Attribute("filterPolicy", \.filterPolicy, \.filterPolicy, equality: .document),
    Attribute("filterScope", \.filterScope, \.filterScope),
    Attribute("redrive", \.redrive, \.redrive),
    Attribute("deliveryPolicy", \.deliveryPolicy, \.deliveryPolicy, equality: .document),
  ]

  package static let outputs: [Output<Self>] = [Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? {
    guard let topic = desired.topic.known, let address = desired.endpoint.address.known else { return nil }
    return key(topic, desired.protocol, address)
  }

  private static func key(_ topic: String, _ protocol: String, _ address: String) -> String {
    "\(topic)/\(`protocol`)/\(SubscriptionEndpoint.shown(address))"
  }

  // MARK: Looking

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let topics = query.parents.map { $0.typed(SNSTopic.self) }.filter { topic in
      if case .stack(query.stack, _) = OwnerTag.owner(topic.tags) { true } else { false }
    }
    let wanted = Set(query.desired.compactMap { key(of: $0, among: topics) })
    let asked = query.focus?.id ?? query.focus?.desired.flatMap { key(of: $0, among: topics) }
    let arns = topics.map(\.arn).filter { asked?.hasPrefix("\($0)/") ?? true }
    let listed = try await arns.concurrently { (topic) async throws(CallError) in
      try await ifThere { () async throws(CallError) in
        try await aws.all(SNS.listSubscriptionsByTopic, .init(topicArn: topic), \.subscriptions)
      } ?? []
    }
    let found = Dictionary(listed.joined().compactMap(Listed.init).map { ($0.key, $0) }, uniquingKeysWith: Listed.known)
    return try await found.values.filter { one in
      // What cannot be cancelled is no orphan.
      (asked == nil || asked == one.key) && (one.arn != nil || wanted.contains(one.key))
    }
    .sorted { $0.key < $1.key }
    .concurrently { (one) async throws(CallError) in try await observed(one, aws) }
    .compactMap(\.self)
  }

  /// The key of what is wanted, also before the engine has resolved which topic is meant.
  private static func key(of desired: Desired, among topics: [SNSTopic.Observed]) -> String? {
    let topic: String? =
      switch desired.topic {
      case .given(let arn): arn
      case .output(let output): topics.first { $0.tags[OwnerTag.id] == output.address.description }?.arn
      }
    guard let topic, let address = desired.endpoint.address.known else { return nil }
    return key(topic, desired.protocol, address)
  }

  /// What the listing says of a subscription.
  private struct Listed: Sendable {
    let topic: String
    let `protocol`: String
    let address: String
    let arn: String?

    /// nil for one that was cancelled and is listed for three more days.
    init?(_ listed: SNS.Subscription) {
      guard let topic = listed.topicArn, let address = listed.endpoint, let name = listed.protocol,
        listed.subscriptionArn != "Deleted"
      else { return nil }
      self.topic = topic
      self.protocol = name
      self.address = address
      arn = listed.subscriptionArn.flatMap { $0.hasPrefix("arn:") ? $0 : nil }
    }

    var key: String { SNSSubscription.key(topic, self.protocol, address) }

    /// A confirmed one stands for those of the same endpoint that are not.
    static func known(_ a: Listed, _ b: Listed) -> Listed { a.arn == nil ? b : a }
  }

  private static func observed(_ one: Listed, _ aws: AWS) async throws(CallError) -> Observed? {
    var attributes: [String: String] = [:]
    if let arn = one.arn {
      let answer = try await ifThere { () async throws(CallError) in
        try await aws(SNS.getSubscriptionAttributes, .init(subscriptionArn: arn))
      }
      guard let answer else { return nil }
      attributes = answer.attributes ?? [:]
    }
    func given(_ name: String) -> String? { attributes[name].flatMap { $0.isEmpty || $0 == "{}" ? nil : $0 } }
    return Observed(
      topic: one.topic, protocol: one.protocol, endpoint: SubscriptionEndpoint(.given(one.address)), arn: one.arn,
      rawDelivery: attributes["RawMessageDelivery"] == "true", filterPolicy: given("FilterPolicy"),
      filterScope: given("FilterPolicyScope") ?? "MessageAttributes",
      redrive: given("RedrivePolicy").flatMap { (try? JSON(parsing: $0))?["deadLetterTargetArn"]?.string },
      deliveryPolicy: given("DeliveryPolicy"))
  }

  // MARK: Changing

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let address = try desired.endpoint.address.now()
    var attributes: [String: String] = [:]
    for setting in Settings.allCases where desired.filterPolicy != nil || !setting.isOfFilter {
      let (name, value) = try setting.value(of: desired)
      if !value.isEmpty { attributes[name] = value }
    }
    let topic = try desired.topic.now()
    do throws(CallError) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(
          SNS.subscribe,
          .init(topicArn: topic, protocol: desired.protocol, endpoint: address, attributes: attributes))
      }
    } catch {
      throw error.sorted(hiding: address)
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    guard let arn = observed.arn else { return }
    for setting in Settings.allCases where changes.contains(setting.path) {
      let (name, value) = try setting.value(of: desired)
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(
          SNS.setSubscriptionAttributes, .init(subscriptionArn: arn, attributeName: name, attributeValue: value))
      }
    }
  }

  package static func delete(
    _ observed: Observed, _ deletion: Deletion, _ aws: AWS
  ) async throws(CallError) -> Departure {
    // It cannot be cancelled before it is confirmed.
    guard let arn = observed.arn else { return .withParent }
    _ = try await aws(SNS.unsubscribe, .init(subscriptionArn: arn))
    return .gone
  }

  package static func facts(_ observed: Observed) -> Facts {
    let address = observed.endpoint.address.known ?? ""
    let key = key(observed.topic, observed.protocol, address)
    guard observed.arn == nil else { return Facts(id: key, key: key, owner: .parent) }
    let who = SubscriptionEndpoint.shown(address)
    return Facts(
      id: key, key: key, owner: .parent,
      pending: ["confirmation": "once the owner of \"\(who)\" has opened the link that it was sent"],
      hidden: Set(Settings.allCases.map(\.attribute)))
  }

  /// What is set by attributes; the scope goes before the filter, which is judged by it.
  private enum Settings: CaseIterable {
    case rawDelivery, filterScope, filterPolicy, redrive, deliveryPolicy

    var path: any PartialKeyPath<Desired> & Sendable {
      switch self {
      case .rawDelivery: \.rawDelivery
      case .filterScope: \.filterScope
      case .filterPolicy: \.filterPolicy
      case .redrive: \.redrive
      case .deliveryPolicy: \.deliveryPolicy
      }
    }

    var isOfFilter: Bool { self == .filterScope || self == .filterPolicy }

    var attribute: String {
      switch self {
      case .rawDelivery: "rawDelivery"
      case .filterScope: "filterScope"
      case .filterPolicy: "filterPolicy"
      case .redrive: "redrive"
      case .deliveryPolicy: "deliveryPolicy"
      }
    }

    /// SNS's name and value; an empty value takes away what is set.
    func value(of desired: Desired) throws(CallError) -> (name: String, value: String) {
      switch self {
      case .rawDelivery: ("RawMessageDelivery", String(desired.rawDelivery))
      case .filterScope: ("FilterPolicyScope", desired.filterScope)
      // An empty text is refused here, an empty filter lets everything through.
      case .filterPolicy: ("FilterPolicy", desired.filterPolicy ?? "{}")
      case .redrive: ("RedrivePolicy", try Self.text(desired.redrive))
      case .deliveryPolicy: ("DeliveryPolicy", desired.deliveryPolicy ?? "")
      }
    }

    private static func text(_ queue: Input<String>?) throws(CallError) -> String {
      guard let arn = try queue?.now() else { return "" }
      return JSON.object(["deadLetterTargetArn": .string(arn)]).text()
    }
  }
}

extension CallError {
  /// SNS has one code for all that is wrong with a request, and quotes the endpoint.
  fileprivate func sorted(hiding address: String) -> CallError {
    var error = self
    error.message = message.replacing(address, with: SubscriptionEndpoint.shown(address))
    if message.contains("already exists with different") { error.category = .alreadyExists }
    return error
  }
}
