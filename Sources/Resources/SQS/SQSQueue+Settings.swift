// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

// SQS keeps all that a queue is in one map of texts; here is which member holds what.

extension SQSQueue {
  /// Where messages go that were received too often without success.
  package struct Redrive: AttributeValue {
    /// The ARN of the dead-letter queue.
    package var target: Input<String>
    /// How often a message may be received, 1 to 1000.
    package var receives: Int

    package init(target: Input<String>, receives: Int) {
      self.target = target
      self.receives = receives
    }

    package var value: Value { .map(["target": target.value, "receives": receives.value]) }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let target = members["target"].flatMap({ Input<String>($0) }),
        let receives = members["receives"].flatMap({ Int($0) })
      else { return nil }
      self.init(target: target, receives: receives)
    }
  }

  /// Which queues may use this one as their dead-letter queue.
  package enum RedriveAllow: AttributeValue {
    /// All of the account and region.
    case all
    case nobody
    /// ARNs, at most ten. Texts and not references, since the queues named here refer to this one.
    case queues([String])

    package var value: Value {
      switch self {
      case .all: "all".value
      case .nobody: "none".value
      case .queues(let arns): Set(arns).sorted().value
      }
    }

    package init?(_ value: Value) {
      if let arns = [String](value) {
        self = .queues(arns)
      } else if value == "all".value {
        self = .all
      } else if value == "none".value {
        self = .nobody
      } else {
        return nil
      }
    }
  }

  /// What only FIFO queues have.
  package struct FIFO: AttributeValue {
    /// A message without an id of its own has the hash of its body for one.
    package var deduplicatesByContent: Bool
    /// `queue` or `messageGroup`.
    package var deduplicationScope: String
    /// `perQueue` or, with the scope `messageGroup`, `perMessageGroupId`.
    package var throughputLimit: String

    package init(
      deduplicatesByContent: Bool = false, deduplicationScope: String = "queue", throughputLimit: String = "perQueue"
    ) {
      self.deduplicatesByContent = deduplicatesByContent
      self.deduplicationScope = deduplicationScope
      self.throughputLimit = throughputLimit
    }

    /// AWS's high throughput: each message group for itself.
    package static func highThroughput(deduplicatesByContent: Bool = false) -> Self {
      Self(
        deduplicatesByContent: deduplicatesByContent, deduplicationScope: "messageGroup",
        throughputLimit: "perMessageGroupId")
    }

    package var value: Value {
      .map([
        "deduplicatesByContent": deduplicatesByContent.value, "deduplicationScope": deduplicationScope.value,
        "throughputLimit": throughputLimit.value,
      ])
    }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let byContent = members["deduplicatesByContent"].flatMap({ Bool($0) }),
        let scope = members["deduplicationScope"].flatMap({ String($0) }),
        let limit = members["throughputLimit"].flatMap({ String($0) })
      else { return nil }
      self.init(deduplicatesByContent: byContent, deduplicationScope: scope, throughputLimit: limit)
    }
  }

  /// What is set by attributes.
  enum Settings: CaseIterable {
    case visibility, retention, delay, receiveWait, maximumSize, policy, redrive, redriveAllow, key, keyReuse
    case encryption, fifo

    var path: any PartialKeyPath<Desired> & Sendable {
      switch self {
      case .visibility: \.visibility
      case .retention: \.retention
      case .delay: \.delay
      case .receiveWait: \.receiveWait
      case .maximumSize: \.maximumSize
      case .policy: \.policy
      case .redrive: \.redrive
      case .redriveAllow: \.redriveAllow
      case .key: \.key
      case .keyReuse: \.keyReuse
      case .encryption: \.isEncrypted
      case .fifo: \.fifo
      }
    }

    /// SQS's names and values; an empty value takes away what is set.
    func values(of desired: Desired) throws(CallError) -> [String: String] {
      switch self {
      case .visibility: ["VisibilityTimeout": String(desired.visibility)]
      case .retention: ["MessageRetentionPeriod": String(desired.retention)]
      case .delay: ["DelaySeconds": String(desired.delay)]
      case .receiveWait: ["ReceiveMessageWaitTimeSeconds": String(desired.receiveWait)]
      case .maximumSize: desired.maximumSize.map { ["MaximumMessageSize": String($0)] } ?? [:]
      case .policy: ["Policy": desired.policy ?? ""]
      case .redrive: ["RedrivePolicy": try Self.text(desired.redrive)]
      case .redriveAllow: ["RedriveAllowPolicy": Self.text(desired.redriveAllow)]
      // The two ways of encryption exclude each other; whichever is set last holds.
      case .key, .encryption: try Self.encryption(desired)
      case .keyReuse: desired.key == nil ? [:] : ["KmsDataKeyReusePeriodSeconds": String(desired.keyReuse)]
      case .fifo: desired.fifo.map(Self.values) ?? [:]
      }
    }

    /// All that these settings send.
    static func values(_ settings: some Sequence<Self>, of desired: Desired) throws(CallError) -> [String: String] {
      var values: [String: String] = [:]
      for setting in settings { values.merge(try setting.values(of: desired)) { _, new in new } }
      return values
    }

    private static func encryption(_ desired: Desired) throws(CallError) -> [String: String] {
      guard let key = try desired.key?.now() else {
        return ["KmsMasterKeyId": "", "SqsManagedSseEnabled": String(desired.isEncrypted)]
      }
      return ["KmsMasterKeyId": key]
    }

    private static func values(_ fifo: FIFO) -> [String: String] {
      [
        "ContentBasedDeduplication": String(fifo.deduplicatesByContent),
        "DeduplicationScope": fifo.deduplicationScope, "FifoThroughputLimit": fifo.throughputLimit,
      ]
    }

    private static func text(_ redrive: Redrive?) throws(CallError) -> String {
      guard let redrive else { return "" }
      let target = try redrive.target.now()
      return JSON.object(["deadLetterTargetArn": .string(target), "maxReceiveCount": .int(redrive.receives)]).text()
    }

    private static func text(_ allow: RedriveAllow) -> String {
      switch allow {
      case .all: JSON.object(["redrivePermission": "allowAll"]).text()
      case .nobody: JSON.object(["redrivePermission": "denyAll"]).text()
      case .queues(let arns):
        JSON.object([
          "redrivePermission": "byQueue", "sourceQueueArns": .array(Set(arns).sorted().map { .string($0) }),
        ]).text()
      }
    }
  }
}

extension SQSQueue.Observed {
  init(name: String, url: String, _ attributes: [String: String], _ tags: [String: String]) {
    func number(_ name: String) -> Int { attributes[name].flatMap { Int($0) } ?? 0 }
    func given(_ name: String) -> String? { attributes[name].flatMap { $0.isEmpty ? nil : $0 } }
    let key = given("KmsMasterKeyId")
    self.init(
      name: name, url: url, arn: attributes["QueueArn"] ?? "", visibility: number("VisibilityTimeout"),
      retention: number("MessageRetentionPeriod"), delay: number("DelaySeconds"),
      receiveWait: number("ReceiveMessageWaitTimeSeconds"), maximumSize: number("MaximumMessageSize"),
      policy: given("Policy"), redrive: given("RedrivePolicy").flatMap(Self.redrive),
      redriveAllow: given("RedriveAllowPolicy").map(Self.redriveAllow) ?? .all, key: key,
      keyReuse: attributes["KmsDataKeyReusePeriodSeconds"].flatMap { Int($0) } ?? Self.defaultKeyReuse,
      isEncrypted: key != nil || attributes["SqsManagedSseEnabled"] == "true",
      fifo: attributes["FifoQueue"] == "true" ? Self.fifo(attributes) : nil, tags: tags)
  }

  /// Of a queue without a customer key, which does not show it.
  private static var defaultKeyReuse: Int { 300 }

  private static func redrive(_ text: String) -> SQSQueue.Redrive? {
    guard let policy = try? JSON(parsing: text), let target = policy["deadLetterTargetArn"]?.string else { return nil }
    // A number, or its text, as it was sent.
    let receives = policy["maxReceiveCount"]
    let count = receives?.int ?? receives?.string.flatMap { Int($0) }
    return count.map { SQSQueue.Redrive(target: .given(target), receives: $0) }
  }

  private static func redriveAllow(_ text: String) -> SQSQueue.RedriveAllow {
    guard let policy = try? JSON(parsing: text) else { return .all }
    switch policy["redrivePermission"]?.string {
    case "denyAll": return .nobody
    case "byQueue": return .queues((policy["sourceQueueArns"]?.array ?? []).compactMap(\.string))
    case .some, .none: return .all
    }
  }

  private static func fifo(_ attributes: [String: String]) -> SQSQueue.FIFO {
    SQSQueue.FIFO(
      deduplicatesByContent: attributes["ContentBasedDeduplication"] == "true",
      deduplicationScope: attributes["DeduplicationScope"] ?? "queue",
      throughputLimit: attributes["FifoThroughputLimit"] ?? "perQueue")
  }
}
