// SPDX-License-Identifier: Apache-2.0

internal import AWSAPITagging
internal import AWSClient
internal import Core
internal import ResourceKit

extension Query {
  /// The tags of resources whose own listing leaves them out: ARN → tags.
  ///
  /// One listing by owner tag serves all kinds, instead of a call for each resource. It lags behind: it does not know what was
  /// made a moment ago, and tells the tags of before a change. So it is believed only where it says what the spec wants. All
  /// else is asked about by itself, so that nothing of ours is taken for somebody else's and no difference is told that is
  /// none. When one resource is looked at after a change, only that one is asked about.
  ///
  /// A kind whose tags remember what was done to a resource (that `destroy` kept it) asks for them by itself.
  ///
  /// - Parameter each: the service's own call; nil when the resource is gone, which leaves it out of the result.
  func tags(
    of arns: [String], _ aws: AWS, each: @escaping @Sendable (String) async throws(CallError) -> [String: String]?
  ) async throws(CallError) -> [String: [String: String]] {
    var known: [String: [String: String]] = [:]
    if focus == nil, !arns.isEmpty {
      let (listed, wanted) = (try await tagged(aws), desiredTags)
      for arn in arns { known[arn] = listed[arn].flatMap { isBelieved($0, wanted) ? $0 : nil } }
    }
    let asked = try await arns.filter { known[$0] == nil }.concurrently { (arn) async throws(CallError) in
      (arn, try await each(arn))
    }
    for (arn, tags) in asked { known[arn] = tags }
    return known
  }

  private func isBelieved(_ listed: [String: String], _ wanted: [[String: String]]) -> Bool {
    wanted.contains { $0[OwnerTag.id] == listed[OwnerTag.id] && TagChanges(from: listed, to: $0).isEmpty }
  }

  /// The ARNs of what has the stack's owner tag, or had it until a moment ago.
  ///
  /// - Parameter type: as the tagging API names it: `lambda:function`.
  func tagged(as type: String, _ aws: AWS) async throws(CallError) -> [String] {
    guard focus == nil else { return try await Self.listed(stack, types: [type], aws).keys.sorted() }
    return try await tagged(aws).keys.filter { Self.type(of: $0) == type }.sorted()
  }

  /// Of all types at once: one that a region does not know would make AWS refuse the whole question.
  private func tagged(_ aws: AWS) async throws(CallError) -> [String: [String: String]] {
    try await answer(to: "what has the stack's tag") { [stack] () async throws(CallError) in
      try await Self.listed(stack, types: nil, aws)
    }
  }

  private static func listed(
    _ stack: String, types: [String]?, _ aws: AWS
  ) async throws(CallError) -> [String: [String: String]] {
    let mappings = try await aws.all(
      Tagging.getResources,
      .init(
        tagFilters: [.init(key: OwnerTag.stack, values: [stack])], resourcesPerPage: 100, resourceTypeFilters: types),
      \.resourceTagMappingList)
    return mappings.reduce(into: [:]) { found, mapping in
      guard let arn = mapping.resourceARN else { return }
      found[arn] = (mapping.tags ?? []).reduce(into: [:]) { tags, tag in
        if let key = tag.key { tags[key] = tag.value ?? "" }
      }
    }
  }

  /// `lambda:function` of `arn:aws:lambda:us-east-1:111122223333:function:x`.
  private static func type(of arn: String) -> String {
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6 else { return "" }
    return "\(parts[2]):\(parts[5].prefix { $0 != ":" && $0 != "/" })"
  }
}
