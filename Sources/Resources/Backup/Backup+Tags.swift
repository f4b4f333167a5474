// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIBackup
internal import AWSClient
internal import Core
internal import ResourceKit

/// The tags of a vault or plan, whose listings leave them out; nil when it is gone.
func backupTags(of arn: String, _ aws: AWS) async throws(CallError) -> [String: String]? {
  try await ifThere { () async throws(CallError) in
    var tags: [String: String] = [:]
    var token: String?
    repeat {
      let page = try await aws(Backup.listTags, .init(resourceArn: arn, nextToken: token))
      tags.merge(page.tags ?? [:]) { first, _ in first }
      token = page.nextToken
    } while token != nil
    return tags
  }
}

/// Gives a vault or plan the desired tags and leaves those of others.
func backupRetag(
  _ arn: String, from observed: [String: String], to desired: [String: String], _ aws: AWS
) async throws(CallError) {
  let changes = TagChanges(from: observed, to: desired)
  if !changes.set.isEmpty {
    let tags = Dictionary(changes.set.map { ($0.key, $0.value) }) { first, _ in first }
    _ = try await aws(Backup.tagResource, .init(resourceArn: arn, tags: tags))
  }
  if !changes.remove.isEmpty {
    _ = try await aws(Backup.untagResource, .init(resourceArn: arn, tagKeyList: changes.remove))
  }
}

extension RequestToken {
  /// For AWS Backup, which takes 50 characters.
  static func backup(_ parts: String...) -> String {
    String(text(parts).prefix(50))
  }
}
