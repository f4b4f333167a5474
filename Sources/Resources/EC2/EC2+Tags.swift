// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
internal import AWSClient
internal import Core
internal import ResourceKit

// aws: ec2 CreateTags DeleteTags

extension [EC2.TagSpecification] {
  /// The tags of a creating call: ownership is proven from the first moment, a lost answer leaves nothing unowned.
  static func creating(_ resourceType: String, _ tags: [String: String]) -> [EC2.TagSpecification] {
    [EC2.TagSpecification(resourceType: resourceType, tags: .init(tags))]
  }
}

extension [EC2.Tag] {
  /// Sorted by key, so that the same tags make the same request.
  init(_ tags: [String: String]) {
    self = tags.sorted { $0.key < $1.key }.map { EC2.Tag(key: $0.key, value: $0.value) }
  }

  /// By key; AWS never gives a key twice.
  var byKey: [String: String] {
    reduce(into: [:]) { tags, tag in
      if let key = tag.key { tags[key] = tag.value ?? "" }
    }
  }
}

extension Query {
  /// What picks this stack's resources, or the one in focus, out of a listing of EC2's.
  var filters: [EC2.Filter] {
    var filters = [EC2.Filter(name: "tag:\(OwnerTag.stack)", values: [stack])]
    // Of two that claim to be the same resource, the id says which one is meant, and the engine picks it out.
    if let focus, focus.id == nil {
      filters.append(EC2.Filter(name: "tag:\(OwnerTag.id)", values: [focus.address.description]))
    }
    return filters
  }
}

/// Makes the tags of any EC2 resource the desired ones; tags that others set stay.
func retag(
  _ id: String, from observed: [String: String], to desired: [String: String], _ aws: AWS
) async throws(CallError) {
  let changes = TagChanges(from: observed, to: desired)
  if !changes.set.isEmpty {
    let tags = changes.set.map { EC2.Tag(key: $0.key, value: $0.value) }
    _ = try await aws(EC2.createTags, .init(resources: [id], tags: tags))
  }
  if !changes.remove.isEmpty {
    // Without a value a key is removed whatever its value is.
    let tags = changes.remove.map { EC2.Tag(key: $0) }
    _ = try await aws(EC2.deleteTags, .init(resources: [id], tags: tags))
  }
}
