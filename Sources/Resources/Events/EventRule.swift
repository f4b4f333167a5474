// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEvents
package import AWSClient
package import Core
package import ResourceKit

// aws: events ListRules ListTargetsByRule ListTagsForResource PutRule PutTargets RemoveTargets DeleteRule
// aws: events TagResource UntagResource
// aws: resourcegroupstaggingapi GetResources

/// A rule on the default event bus, with its targets.
///
/// Events of alarms are delivered at least once; those of RDS, Backup and FIS as well as AWS can, perhaps never. What cannot be
/// delivered within a target's limits goes to its dead-letter queue, whose policy must let the rule send. A target that
/// somebody else has added is a difference and is taken away.
///
/// AWS overwrites a rule of the same name without a word and forgets whatever the call leaves out, except for the tags, which it
/// takes only when the rule is new. A new rule needs a short while before it matches.
package enum EventRule: ResourceKind {
  package static let name: KindName = "events/rule"
  package static let identity: Identity = .name
  package static let follows: [KindName] = ["lambda/function", "sns/topic", "sqs/queue", IAMRole.name]

  package struct Desired: Sendable {
    /// `<stack>-<what>`, at most 64 characters.
    package var name: String
    package var description: String
    /// nil for a rule that only keeps time.
    package var pattern: JSONDocument?
    /// `rate(5 minutes)`, `cron(0 3 ? * SUN *)`.
    package var schedule: String?
    /// `ENABLED` or `DISABLED`.
    package var state: String
    /// By their ids; at most five.
    package var targets: [String: EventTarget]
    package var tags: [String: String]

    package init(
      name: String, description: String, pattern: JSONDocument?, schedule: String? = nil, state: String = "ENABLED",
      targets: [String: EventTarget], tags: [String: String]
    ) {
      self.name = name
      self.description = description
      self.pattern = pattern
      self.schedule = schedule
      self.state = state
      self.targets = targets
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let name: String
    package let arn: String
    let description: String
    let pattern: JSONDocument?
    let schedule: String?
    let state: String
    let targets: [String: EventTarget]
    let tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("description", \.description, \.description),
    Attribute("pattern", \.pattern, \.pattern, equality: .document),
    Attribute("schedule", \.schedule, \.schedule),
    Attribute("state", \.state, \.state),
    Attribute("targets", \.targets, \.targets),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let rules = try await aws.all(Events.listRules, .init(namePrefix: query.focusName ?? query.stack), \.rules)
      .filter { rule in
        guard let name = rule.name, rule.arn != nil else { return false }
        return query.focusName.map { $0 == name } ?? query.mayOwn(name)
      }
    let (tags, targets) = try await both(
      { () async throws(CallError) in
        try await query.tags(of: rules.compactMap(\.arn), aws) { (arn) async throws(CallError) in
          try await self.tags(of: arn, aws)
        }
      },
      { () async throws(CallError) in
        try await rules.concurrently { (rule) async throws(CallError) in
          try await ifThere { () async throws(CallError) in try await self.targets(of: rule.name ?? "", aws) }
        }
      })
    return zip(rules, targets).compactMap { rule, targets in
      guard let targets, let name = rule.name, let arn = rule.arn, let tags = tags[arn] else { return nil }
      return Observed(
        name: name, arn: arn, description: rule.description ?? "",
        pattern: rule.eventPattern.map(JSONDocument.init(text:)), schedule: rule.scheduleExpression,
        state: rule.state ?? "", targets: targets, tags: tags)
    }
  }

  private static func tags(of arn: String, _ aws: AWS) async throws(CallError) -> [String: String]? {
    let answer = try await ifThere { () async throws(CallError) in
      try await aws(Events.listTagsForResource, .init(resourceARN: arn))
    }
    return answer.map { answer in
      (answer.tags ?? []).reduce(into: [:]) { tags, tag in
        if let key = tag.key { tags[key] = tag.value ?? "" }
      }
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    try await put(desired, tags: desired.tags, aws)
    try await put(desired.targets, to: desired.name, aws)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.containsAny(\.description, \.pattern, \.schedule, \.state) { try await put(desired, tags: [:], aws) }
    if changes.contains(\.targets) { try await retarget(observed, to: desired, aws) }
    if changes.contains(\.tags) { try await retag(observed, to: desired.tags, aws) }
  }

  /// The whole rule: what is left out is forgotten. Tags are for a new one only.
  private static func put(_ desired: Desired, tags: [String: String], _ aws: AWS) async throws(CallError) {
    let sent = tags.sorted { $0.key < $1.key }.map { Events.Tag(key: $0.key, value: $0.value) }
    _ = try await aws(
      Events.putRule,
      .init(
        name: desired.name, scheduleExpression: desired.schedule, eventPattern: try desired.pattern?.now(),
        state: desired.state, description: desired.description, tags: sent.isEmpty ? nil : sent))
  }

  private static func retag(_ observed: Observed, to desired: [String: String], _ aws: AWS) async throws(CallError) {
    let changes = TagChanges(from: observed.tags, to: desired)
    if !changes.set.isEmpty {
      let tags = changes.set.map { Events.Tag(key: $0.key, value: $0.value) }
      _ = try await aws(Events.tagResource, .init(resourceARN: observed.arn, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(Events.untagResource, .init(resourceARN: observed.arn, tagKeys: changes.remove))
    }
  }

  /// AWS deletes only a rule that has no targets left, and may see those of a moment ago for a while.
  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    do throws(CallError) {
      try await remove(Array(observed.targets.keys), from: observed.name, aws)
      _ = try await aws(Events.deleteRule, .init(name: observed.name))
    } catch let error where error.code == "ValidationException" && error.message.contains("has targets") {
      var told = error
      told.category = .conflict
      throw told
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }
}
