// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
internal import AWSClient
internal import Core
internal import ResourceKit

// aws: lambda TagResource UntagResource

/// Gives a function or an event source mapping the desired tags and leaves those of others.
func lambdaRetag(
  _ arn: String, from observed: [String: String], to desired: [String: String], _ aws: AWS
) async throws(CallError) {
  let changes = TagChanges(from: observed, to: desired)
  if !changes.set.isEmpty {
    let tags = Dictionary(uniqueKeysWithValues: changes.set.map { ($0.key, $0.value) })
    _ = try await aws(Lambda.tagResource, .init(resource: arn, tags: tags))
  }
  if !changes.remove.isEmpty {
    _ = try await aws(Lambda.untagResource, .init(resource: arn, tagKeys: changes.remove))
  }
}
