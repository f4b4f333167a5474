// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
internal import AWSClient
internal import Core
internal import ResourceKit

extension [String: String] {
  /// Sorted, so that the same tags make the same request.
  var rdsTags: [RDS.Tag] {
    sorted { $0.key < $1.key }.map { RDS.Tag(key: $0.key, value: $0.value) }
  }

  init(rdsTags: [RDS.Tag]?) {
    self = (rdsTags ?? []).reduce(into: [:]) { tags, tag in
      if let key = tag.key { tags[key] = tag.value ?? "" }
    }
  }
}

/// The tags of a subnet group or parameter group, whose listings leave them out; nil when it is gone.
func rdsTags(of arn: String, _ aws: AWS) async throws(CallError) -> [String: String]? {
  let output = try await ifThere { () async throws(CallError) in
    try await aws(RDS.listTagsForResource, .init(resourceName: arn))
  }
  return output.map { [String: String](rdsTags: $0.tagList) }
}

/// Gives an RDS resource the desired tags and leaves those of others.
func rdsRetag(
  _ arn: String, from observed: [String: String], to desired: [String: String], _ aws: AWS
) async throws(CallError) {
  let changes = TagChanges(from: observed, to: desired)
  if !changes.set.isEmpty {
    let tags = changes.set.map { RDS.Tag(key: $0.key, value: $0.value) }
    _ = try await aws(RDS.addTagsToResource, .init(resourceName: arn, tags: tags))
  }
  if !changes.remove.isEmpty {
    _ = try await aws(RDS.removeTagsFromResource, .init(resourceName: arn, tagKeys: changes.remove))
  }
}
