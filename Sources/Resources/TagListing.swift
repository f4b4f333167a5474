// SPDX-License-Identifier: Apache-2.0

internal import AWSAPITagging
internal import AWSClient
internal import Core
internal import ResourceKit

extension Query {
  /// The tags of resources whose own listing leaves them out: ARN → tags.
  ///
  /// One listing by owner tag serves all of a type, instead of a call for each. It lags behind and leaves out what is not
  /// tagged as the stack's: whatever it does not name is asked about by itself, so that nothing of ours is taken for
  /// somebody else's. When one resource is looked at after a change, only that one is asked about.
  ///
  /// - Parameters:
  ///   - type: as the tagging API names it: `cloudwatch:alarm`, `sqs`.
  ///   - each: the service's own call; nil when the resource is gone, which leaves it out of the result.
  func tags(
    ofType type: String, _ arns: [String], _ aws: AWS,
    each: @escaping @Sendable (String) async throws(CallError) -> [String: String]?
  ) async throws(CallError) -> [String: [String: String]] {
    var known: [String: [String: String]] = [:]
    if focus == nil, arns.count > 1 {
      let listed = try await aws.all(
        Tagging.getResources,
        .init(tagFilters: [.init(key: OwnerTag.stack, values: [stack])], resourceTypeFilters: [type]),
        \.resourceTagMappingList)
      let wanted = Set(arns)
      for mapping in listed {
        guard let arn = mapping.resourceARN, wanted.contains(arn) else { continue }
        known[arn] = Dictionary(
          (mapping.tags ?? []).compactMap { tag in tag.key.map { ($0, tag.value ?? "") } }
        ) { first, _ in first }
      }
    }
    let asked = try await arns.filter { known[$0] == nil }.concurrently { (arn) async throws(CallError) in
      (arn, try await each(arn))
    }
    for (arn, tags) in asked { known[arn] = tags }
    return known
  }
}
