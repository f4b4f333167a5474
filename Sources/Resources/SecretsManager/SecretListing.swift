// SPDX-License-Identifier: Apache-2.0

internal import AWSAPISecretsManager
internal import AWSClient
internal import Core
internal import ResourceKit

// A secret and its rotation are two kinds, and AWS tells of both in one answer.

extension Query {
  /// Fails with `notFound` where there is none, and tells of one that waits for its deletion too.
  ///
  /// - Parameter id: its name or ARN.
  func secret(_ id: String, _ aws: AWS) async throws(CallError) -> SecretsManager.DescribeSecretOutput {
    try await answer(to: "secret \(id)") { () async throws(CallError) in
      try await aws(SecretsManager.describeSecret, .init(secretId: id))
    }
  }

  /// The secrets whose names begin as the stack's do, as they were up to five minutes ago.
  func secrets(_ aws: AWS) async throws(CallError) -> [SecretsManager.SecretListEntry] {
    try await answer(to: "secrets of the stack's name") { [stack] () async throws(CallError) in
      let prefix = SecretsManager.Filter(key: "name", values: [stack])
      return try await aws.all(SecretsManager.listSecrets, .init(filters: [prefix]), \.secretList)
    }
  }
}
