// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRoute53
internal import AWSClient
internal import Core
internal import ResourceKit

extension Route53 {
  /// What Route 53 lets carry tags, in its own words.
  enum Tagged: String {
    case hostedZone = "hostedzone"
    case healthCheck = "healthcheck"
  }

  /// As many as one call lists the tags of, sets and removes.
  private static let perCall = 10

  /// The tags of several, by id; what is gone is left out.
  static func tags(
    of ids: [String], _ kind: Tagged, _ aws: AWS
  ) async throws(CallError) -> [String: [String: String]] {
    let chunks = stride(from: 0, to: ids.count, by: perCall).map { Array(ids[$0..<min($0 + perCall, ids.count)]) }
    let answers = try await chunks.concurrently { (chunk) async throws(CallError) in
      try await ifThere { () async throws(CallError) in
        try await aws(Route53.listTagsForResources, .init(resourceType: kind.rawValue, resourceIds: chunk))
      }
    }
    return answers.compactMap { $0?.resourceTagSets }.joined().reduce(into: [:]) { tags, set in
      guard let id = set.resourceId else { return }
      tags[id] = (set.tags ?? []).reduce(into: [:]) { own, tag in
        if let key = tag.key { own[key] = tag.value ?? "" }
      }
    }
  }

  static func retag(
    _ id: String, _ kind: Tagged, from observed: [String: String], to desired: [String: String], _ aws: AWS
  ) async throws(CallError) {
    for batch in TagChanges(from: observed, to: desired).batches(of: perCall) {
      let tags = batch.set.map { Route53.Tag(key: $0.key, value: $0.value) }
      _ = try await aws(
        Route53.changeTagsForResource,
        .init(
          resourceType: kind.rawValue, resourceId: id, addTags: tags.isEmpty ? nil : tags,
          removeTagKeys: batch.remove.isEmpty ? nil : batch.remove))
    }
  }
}
