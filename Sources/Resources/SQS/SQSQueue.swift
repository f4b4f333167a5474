// SPDX-License-Identifier: Apache-2.0

internal import AWSAPISQS
package import AWSClient
package import Core
package import ResourceKit

// aws: sqs CreateQueue DeleteQueue ListQueues GetQueueUrl GetQueueAttributes SetQueueAttributes
// aws: sqs ListQueueTags TagQueue UntagQueue
// aws: resourcegroupstaggingapi GetResources

/// A queue, standard or FIFO (its name then ends in `.fifo`), with its policy, key and dead-letter queue.
///
/// - A queue holds accepted transactions that are not in the database yet: it is never deleted outside `destroy`, and one
///   that is taken out of the spec stays.
/// - Whoever sends to it needs the queue's policy (an EventBridge rule does not add itself), and, with a customer key, the
///   key's policy.
/// - SQS takes up to 60 seconds until everybody sees a change of a queue, or that it is gone, and refuses its name for 60
///   seconds after a delete: a run that makes it again waits for that.
/// - A queue and its dead-letter queue are of one type, and the dead-letter queue keeps what it gets from the time at which
///   it was first sent: its retention must be the longer one.
package enum SQSQueue: ResourceKind {
  package static let name: KindName = "sqs/queue"
  package static let identity: Identity = .name
  package static let holdsData = true
  package static let follows: [KindName] = [KMSKey.name, IAMRole.name]
  /// What SQS shows of a change may be a minute old; a look that comes too often would take it for undone.
  package static let patience = Patience(
    ready: .seconds(300), gone: .seconds(180), firstLook: .seconds(1), longestPause: .seconds(30))

  package struct Desired: Sendable {
    package var name: String
    /// Seconds for which a received message is nobody else's, 0 to 43200.
    package var visibility: Int
    /// Seconds for which a message is kept, 60 to 1209600.
    package var retention: Int
    /// Seconds before a message can be received, 0 to 900.
    package var delay: Int
    /// Seconds for which a receive waits for a message, 0 to 20.
    package var receiveWait: Int
    /// Bytes, 1024 to 1048576; nil for AWS's own, which is the highest.
    package var maximumSize: Int?
    /// Who may send and receive besides the account; JSON. nil for nobody.
    package var policy: String?
    package var redrive: Redrive?
    package var redriveAllow: RedriveAllow
    /// The ARN of the customer key; nil for one that SQS owns.
    package var key: Input<String>?
    /// Seconds for which SQS uses a data key before it asks KMS again, 60 to 86400.
    package var keyReuse: Int
    package var isEncrypted = true
    /// nil for a standard queue.
    package var fifo: FIFO?
    package var tags: [String: String]

    /// - Precondition: the name ends in `.fifo` exactly when `fifo` is given.
    package init(
      name: String, visibility: Int = 30, retention: Int = 345_600, delay: Int = 0, receiveWait: Int = 20,
      maximumSize: Int? = nil, policy: String? = nil, redrive: Redrive? = nil, redriveAllow: RedriveAllow = .all,
      key: Input<String>?, keyReuse: Int = 300, fifo: FIFO? = nil, tags: [String: String]
    ) {
      precondition(name.hasSuffix(".fifo") == (fifo != nil), "a queue is FIFO exactly when its name ends in \".fifo\"")
      self.name = name
      self.visibility = visibility
      self.retention = retention
      self.delay = delay
      self.receiveWait = receiveWait
      self.maximumSize = maximumSize
      self.policy = policy
      self.redrive = redrive
      self.redriveAllow = redriveAllow
      self.key = key
      self.keyReuse = keyReuse
      self.fifo = fifo
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var url: String
    package var arn: String
    package var visibility: Int
    package var retention: Int
    package var delay: Int
    package var receiveWait: Int
    package var maximumSize: Int
    package var policy: String?
    package var redrive: Redrive?
    package var redriveAllow: RedriveAllow
    package var key: String?
    package var keyReuse: Int
    package var isEncrypted: Bool
    package var fifo: FIFO?
    package var tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("visibility", \.visibility, \.visibility),
    Attribute("retention", \.retention, \.retention),
    Attribute("delay", \.delay, \.delay),
    Attribute("receiveWait", \.receiveWait, \.receiveWait),
    Attribute(serverDefaulted: "maximumSize", \.maximumSize, \.maximumSize),
    Attribute("policy", \.policy, \.policy, equality: .policy),
    Attribute("redrive", \.redrive, \.redrive),
    Attribute("redriveAllow", \.redriveAllow, \.redriveAllow),
    Attribute("key", \.key, \.key),
    Attribute("keyReuse", \.keyReuse, \.keyReuse),
    Attribute("encrypted", \.isEncrypted, \.isEncrypted),
    Attribute("fifo", \.fifo, \.fifo),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [
    Output("name", \.name), Output("url", \.url), Output("arn", \.arn),
  ]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let urls = try await urls(query, aws)
    let byARN = Dictionary(urls.map { (arn(of: $0, aws), $0) }) { first, _ in first }
    let (live, tags) = try await both { () async throws(CallError) in
      try await urls.concurrently { (url) async throws(CallError) in
        try await ifThere { () async throws(CallError) in
          let answer = try await aws(SQS.getQueueAttributes, .init(queueUrl: url, attributeNames: ["All"]))
          return (url, answer.attributes ?? [:])
        }
      }.compactMap(\.self)
    } _: { () async throws(CallError) in
      try await query.tags(of: byARN.keys.sorted(), aws) { (arn) async throws(CallError) in
        guard let url = byARN[arn] else { return nil }
        return try await ifThere { () async throws(CallError) in
          try await aws(SQS.listQueueTags, .init(queueUrl: url)).tags ?? [:]
        }
      }
    }
    return live.compactMap { url, attributes in
      tags[arn(of: url, aws)].map { Observed(name: queueName(of: url), url: url, attributes, $0) }
    }
  }

  /// The queues that may be the stack's.
  private static func urls(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [String] {
    if let name = query.focusName {
      let answer = try await ifThere { () async throws(CallError) in
        try await aws(SQS.getQueueUrl, .init(queueName: name))
      }
      return (answer?.queueUrl).map { [$0] } ?? []
    }
    let others = query.desired.map(\.name).filter { !$0.hasPrefix(query.stack) }
    let listed = try await ([query.stack] + others.sorted()).concurrently { (prefix) async throws(CallError) in
      // Only who names a page's size is told that there are more pages.
      try await aws.all(SQS.listQueues, .init(queueNamePrefix: prefix, maxResults: 1000), \.queueUrls)
    }
    return Set(listed.joined()).filter { query.mayOwn(queueName(of: $0)) }.sorted()
  }

  /// `https://sqs.us-east-1.amazonaws.com/111122223333/payments-replay.fifo` ends in the account and the name.
  private static func queueName(of url: String) -> String {
    url.split(separator: "/").last.map(String.init) ?? url
  }

  private static func arn(of url: String, _ aws: AWS) -> String {
    let account = url.split(separator: "/").dropLast().last ?? ""
    return "arn:\(aws.partition):sqs:\(aws.region):\(account):\(queueName(of: url))"
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    var attributes = try Settings.values(Settings.allCases, of: desired)
    if desired.fifo != nil { attributes["FifoQueue"] = "true" }
    let sent = attributes.filter { !$0.value.isEmpty }
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(SQS.createQueue, .init(queueName: desired.name, attributes: sent, tags: desired.tags))
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    let attributes = try Settings.values(Settings.allCases.filter { changes.contains($0.path) }, of: desired)
    if !attributes.isEmpty {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(SQS.setQueueAttributes, .init(queueUrl: observed.url, attributes: attributes))
      }
    }
    if changes.contains(\.tags) { try await retag(observed, to: desired.tags, aws) }
  }

  private static func retag(_ observed: Observed, to desired: [String: String], _ aws: AWS) async throws(CallError) {
    let changes = TagChanges(from: observed.tags, to: desired)
    if !changes.set.isEmpty {
      let tags = Dictionary(uniqueKeysWithValues: changes.set.map { ($0.key, $0.value) })
      _ = try await aws(SQS.tagQueue, .init(queueUrl: observed.url, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(SQS.untagQueue, .init(queueUrl: observed.url, tagKeys: changes.remove))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(SQS.deleteQueue, .init(queueUrl: observed.url))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }
}
