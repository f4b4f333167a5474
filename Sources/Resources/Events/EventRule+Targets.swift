// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEvents
internal import AWSClient
internal import Core
internal import ResourceKit

extension EventRule {
  /// As many as one call takes.
  private static let targetsPerCall = 10
  /// As many as AWS lets a rule have.
  private static let targetsPerRule = 5

  /// What AWS does when a target says nothing of it.
  private static let usualAttempts = 185
  private static let usualAge = 86_400

  static func targets(of rule: String, _ aws: AWS) async throws(CallError) -> [String: EventTarget] {
    try await aws.all(Events.listTargetsByRule, .init(rule: rule), \.targets).reduce(into: [:]) { targets, target in
      targets[target.id ?? ""] = EventTarget(
        observed: target.arn ?? "", input: input(of: target),
        retryAttempts: target.retryPolicy?.maximumRetryAttempts ?? usualAttempts,
        maximumAge: target.retryPolicy?.maximumEventAgeInSeconds ?? usualAge,
        deadLetter: target.deadLetterConfig?.arn, role: target.roleArn,
        messageGroup: target.sqsParameters?.messageGroupId, others: others(of: target))
    }
  }

  private static func input(of target: Events.Target) -> EventInput {
    if let text = target.input { return .constant(JSONDocument(text: text)) }
    if let path = target.inputPath { return .part(path) }
    if let transformer = target.inputTransformer {
      return .template(transformer.inputTemplate ?? "", paths: transformer.inputPathsMap ?? [:])
    }
    return .event
  }

  /// Parameters for kinds of targets that no spec asks for.
  private static func others(of target: Events.Target) -> [String] {
    let known: Set = [
      "Id", "Arn", "RoleArn", "Input", "InputPath", "InputTransformer", "SqsParameters", "DeadLetterConfig",
      "RetryPolicy",
    ]
    let fields = target.fields
    return Events.Target.shape.members.indices.filter { fields[$0] != nil }
      .map { Events.Target.shape.members[$0].name }.filter { !known.contains($0) }.sorted()
  }

  private static func request(_ id: String, _ target: EventTarget) throws(CallError) -> Events.Target {
    var request = Events.Target(id: id, arn: try target.arn.now())
    request.roleArn = try target.role?.now()
    request.sqsParameters = target.messageGroup.map { .init(messageGroupId: $0) }
    if let queue = target.deadLetter { request.deadLetterConfig = .init(arn: try queue.now()) }
    request.retryPolicy = .init(
      maximumRetryAttempts: target.retryAttempts, maximumEventAgeInSeconds: target.maximumAge)
    switch target.input {
    case .event: break
    case .constant(let document): request.input = try document.now()
    case .part(let path): request.inputPath = path
    case .template(let template, let paths):
      request.inputTransformer = .init(inputTemplate: template, inputPathsMap: paths.isEmpty ? nil : paths)
    }
    return request
  }

  /// New targets come before old ones go, so that no event is lost between; unless there is no room for both.
  static func retarget(_ observed: Observed, to desired: Desired, _ aws: AWS) async throws(CallError) {
    let obsolete = observed.targets.keys.filter { desired.targets[$0] == nil }
    var changed: [String: EventTarget] = [:]
    for (id, target) in desired.targets where try target.known() != observed.targets[id] { changed[id] = target }
    let hasRoom = Set(observed.targets.keys).union(desired.targets.keys).count <= targetsPerRule
    if !hasRoom { try await remove(obsolete, from: observed.name, aws) }
    try await put(changed, to: observed.name, aws)
    if hasRoom { try await remove(obsolete, from: observed.name, aws) }
  }

  static func put(_ targets: [String: EventTarget], to rule: String, _ aws: AWS) async throws(CallError) {
    for ids in chunks(targets.keys) {
      var requests: [Events.Target] = []
      for id in ids {
        if let target = targets[id] { requests.append(try request(id, target)) }
      }
      let answer = try await awaitingVisibility { () async throws(CallError) in
        try await aws(Events.putTargets, .init(rule: rule, targets: requests))
      }
      let failures = (answer.failedEntries ?? []).map { EntryFailure($0.targetId, $0.errorCode, $0.errorMessage) }
      try EntryFailure.check(failures, count: answer.failedEntryCount, "put", on: rule)
    }
  }

  /// A target that is gone already is no failure.
  static func remove(_ ids: [String], from rule: String, _ aws: AWS) async throws(CallError) {
    for ids in chunks(ids) {
      let answer = try await aws(Events.removeTargets, .init(rule: rule, ids: ids))
      let failures = (answer.failedEntries ?? []).map { EntryFailure($0.targetId, $0.errorCode, $0.errorMessage) }
      let serious = failures.filter { $0.code != "ResourceNotFoundException" }
      try EntryFailure.check(
        serious, count: (answer.failedEntryCount ?? 0) - failures.count + serious.count, "removed", on: rule)
    }
  }

  private static func chunks(_ ids: some Collection<String>) -> [[String]] {
    let sorted = ids.sorted()
    return stride(from: 0, to: sorted.count, by: targetsPerCall).map {
      Array(sorted[$0..<min($0 + targetsPerCall, sorted.count)])
    }
  }
}

/// One target that EventBridge did not take: the call as a whole is answered as a success.
struct EntryFailure {
  let id: String
  let code: String
  let message: String

  init(_ id: String?, _ code: String?, _ message: String?) {
    self.id = id ?? "?"
    self.code = code ?? "FailedEntry"
    self.message = message ?? "no reason given"
  }

  /// - Parameters:
  ///   - count: how many AWS says have failed; it may name fewer.
  ///   - done: what was to be done to them, for the message.
  static func check(
    _ failures: [EntryFailure], count: Int?, _ done: String, on rule: String
  ) throws(CallError) {
    let count = max(count ?? 0, failures.count)
    guard count > 0 else { return }
    let named = failures.map { "target \"\($0.id)\": \($0.code): \($0.message)" }.joined(separator: "; ")
    throw CallError(
      failures.first?.category ?? .unavailable, code: failures.first?.code ?? "FailedEntries",
      message: "rule \"\(rule)\": \(count) of the targets could not be \(done): \(named)")
  }

  private var category: CallError.Category {
    switch code {
    case "ConcurrentModificationException": .conflict
    case "ResourceNotFoundException": .notFound
    case "ThrottlingException": .throttled
    case "InternalException", "InternalFailure": .unavailable
    default: .invalid
    }
  }
}
