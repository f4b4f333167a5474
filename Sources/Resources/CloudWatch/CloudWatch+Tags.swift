// SPDX-License-Identifier: Apache-2.0

internal import AWSAPICloudWatch
internal import AWSClient
internal import Core
internal import ResourceKit

// aws: cloudwatch ListTagsForResource TagResource UntagResource
// aws: resourcegroupstaggingapi GetResources

extension CloudWatch {
  /// A list of tags as CloudWatch takes it, in the order of the keys.
  static func tags(_ tags: [String: String]) -> [Tag] {
    tags.sorted { $0.key < $1.key }.map { Tag(key: $0.key, value: $0.value) }
  }

  /// The tags of an alarm or a dashboard; nil when it is gone.
  static func tags(of arn: String, _ aws: AWS) async throws(CallError) -> [String: String]? {
    let output = try await ifThere { () async throws(CallError) in
      try await aws(listTagsForResource, .init(resourceARN: arn))
    }
    guard let output else { return nil }
    return Dictionary((output.tags ?? []).compactMap { tag in tag.key.map { ($0, tag.value ?? "") } }) { $1 }
  }

  /// Makes the tags of an alarm or a dashboard the desired ones; CloudWatch ignores those of a put that updates.
  static func retag(
    _ arn: String, _ observed: [String: String], to desired: [String: String], _ aws: AWS
  ) async throws(CallError) {
    let changes = TagChanges(from: observed, to: desired)
    if !changes.set.isEmpty {
      let tags = changes.set.map { Tag(key: $0.key, value: $0.value) }
      _ = try await aws(tagResource, .init(resourceARN: arn, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(untagResource, .init(resourceARN: arn, tagKeys: changes.remove))
    }
  }
}
