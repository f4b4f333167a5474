// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
package import AWSClient
package import Core
package import ResourceKit

// aws: lambda CreateEventSourceMapping ListEventSourceMappings UpdateEventSourceMapping DeleteEventSourceMapping ListTags

/// A queue whose messages a function is given.
///
/// AWS takes a message off the queue when the function has succeeded; with `ReportBatchItemFailures` the function says which of a
/// batch have failed, and only those come back. Of a FIFO queue a batch has at most 10 messages of one group in their order.
///
/// A filter that somebody adds is a difference: of a queue, AWS deletes what a filter leaves out.
package enum EventSourceMapping: ResourceKind {
  package static let name: KindName = "lambda/event-source"
  package static let identity: Identity = .tag
  package static let follows: [KindName] = [LambdaFunction.name, "sqs/queue"]
  package static let patience = Patience(ready: .seconds(300), gone: .seconds(300))

  package struct Desired: Sendable {
    /// The function's name.
    package var function: Input<String>
    /// The queue's ARN.
    package var source: Input<String>
    package var batchSize: Int
    /// `ReportBatchItemFailures`.
    package var responseTypes: [String]
    /// How many batches at once, 2 to 1000; nil is as many as the function's concurrency lets in.
    package var maximumConcurrency: Int?
    package var enabled: Bool
    /// Patterns of messages; none takes them all.
    package var filters: [String]
    package var tags: [String: String]

    package init(
      function: Input<String>, source: Input<String>, batchSize: Int = 10,
      responseTypes: [String] = ["ReportBatchItemFailures"], maximumConcurrency: Int? = nil, enabled: Bool = true,
      filters: [String] = [], tags: [String: String]
    ) {
      self.function = function
      self.source = source
      self.batchSize = batchSize
      self.responseTypes = responseTypes
      self.maximumConcurrency = maximumConcurrency
      self.enabled = enabled
      self.filters = filters
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    let arn: String
    let function: String
    let source: String
    let batchSize: Int
    let responseTypes: [String]
    let maximumConcurrency: Int?
    let filters: [String]
    let state: String
    let tags: [String: String]

    var enabled: Bool { !["Disabled", "Disabling"].contains(state) }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("function", \.function, \.function),
    Attribute("source", \.source, \.source, .replace(.createThenDelete)),
    Attribute("batchSize", \.batchSize, \.batchSize),
    Attribute("responseTypes", \.responseTypes, \.responseTypes, equality: .unordered),
    Attribute("maximumConcurrency", \.maximumConcurrency, \.maximumConcurrency),
    Attribute("enabled", \.enabled, \.enabled),
    Attribute("filters", \.filters, \.filters, equality: .unordered),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id)]

  /// AWS has one mapping of a queue to a function: a second one is refused, whoever made the first.
  package static func key(for desired: Desired) -> String? {
    guard let function = desired.function.known, let source = desired.source.known else { return nil }
    return key(function, source)
  }

  private static func key(_ function: String, _ source: String) -> String { "\(function)<\(source)" }

  /// Functions of ours have the stack's name in front; the mapping of another function is somebody else's.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let wanted = Set(query.desired.compactMap(\.function.known))
    let listed = try await aws.all(Lambda.listEventSourceMappings, .init(), \.eventSourceMappings).filter { mapping in
      guard let function = mapping.functionArn.flatMap(LambdaFunction.functionName) else { return false }
      return function.hasPrefix("\(query.stack)-") || wanted.contains(function)
    }
    let arns = listed.compactMap(\.eventSourceMappingArn)
    let tags = try await query.tags(of: arns, aws) { (arn) async throws(CallError) in
      try await ifThere { () async throws(CallError) in try await aws(Lambda.listTags, .init(resource: arn)).tags ?? [:]
      }
    }
    return listed.compactMap { mapping in
      guard let arn = mapping.eventSourceMappingArn, let tags = tags[arn] else { return nil }
      return Observed(mapping, arn: arn, tags: tags)
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = Lambda.CreateEventSourceMappingInput(
      functionName: try desired.function.now(), eventSourceArn: try desired.source.now(), enabled: desired.enabled,
      batchSize: desired.batchSize,
      filterCriteria: desired.filters.isEmpty ? nil : filterCriteria(desired), tags: desired.tags,
      functionResponseTypes: desired.responseTypes,
      scalingConfig: desired.maximumConcurrency.map { _ in scaling(desired) })
    do throws(CallError) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(Lambda.createEventSourceMapping, request)
      }
    } catch {
      throw error.sortedByLambda
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await lambdaRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    guard
      changes.containsAny(
        \.function, \.batchSize, \.responseTypes, \.maximumConcurrency, \.enabled, \.filters)
    else { return }
    let request = Lambda.UpdateEventSourceMappingInput(
      uuid: observed.id, functionName: try desired.function.now(), enabled: desired.enabled,
      batchSize: desired.batchSize, filterCriteria: filterCriteria(desired),
      functionResponseTypes: desired.responseTypes, scalingConfig: scaling(desired))
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(Lambda.updateEventSourceMapping, request)
    }
  }

  /// Without patterns it takes away those that are there.
  private static func filterCriteria(_ desired: Desired) -> Lambda.FilterCriteria {
    .init(filters: desired.filters.map { Lambda.Filter(pattern: $0) })
  }

  /// Without a number it takes away the limit that is there.
  private static func scaling(_ desired: Desired) -> Lambda.ScalingConfig {
    .init(maximumConcurrency: desired.maximumConcurrency)
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Lambda.deleteEventSourceMapping, .init(uuid: observed.id))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.id, key: key(observed.function, observed.source), owner: OwnerTag.owner(observed.tags),
      health: observed.health)
  }
}

extension EventSourceMapping.Observed {
  fileprivate init(_ mapping: Lambda.EventSourceMappingConfiguration, arn: String, tags: [String: String]) {
    self.init(
      id: mapping.uuid ?? "", arn: arn,
      function: mapping.functionArn.flatMap(LambdaFunction.functionName) ?? "",
      source: mapping.eventSourceArn ?? "", batchSize: mapping.batchSize ?? 10,
      responseTypes: mapping.functionResponseTypes ?? [],
      maximumConcurrency: mapping.scalingConfig?.maximumConcurrency,
      filters: (mapping.filterCriteria?.filters ?? []).compactMap(\.pattern), state: mapping.state ?? "", tags: tags)
  }

  fileprivate var health: Health {
    switch state {
    case "Enabled", "Disabled": .ready
    case "Deleting": .leaving(state)
    default: .progressing(state)
    }
  }
}
