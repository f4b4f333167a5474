// SPDX-License-Identifier: Apache-2.0

internal import AWSAPISecretsManager
package import AWSClient
package import Core
package import ResourceKit

// aws: secretsmanager CreateSecret UpdateSecret DeleteSecret RestoreSecret DescribeSecret ListSecrets GetRandomPassword
// aws: secretsmanager GetResourcePolicy PutResourcePolicy DeleteResourcePolicy TagResource UntagResource

/// The credentials of one application user of the database.
///
/// - harecon makes the first value, with a password of Secrets Manager's own making, and never reads a value afterwards: what
///   the secret holds is the rotation's affair and never a difference. See `FirstValue` for its form.
/// - Only `destroy` deletes it, and then AWS keeps it for 30 days. A secret of the stack that waits for its deletion is
///   restored before one of its name is made anew, since its name is taken until then. A restored secret has the value that
///   it had; the rotation that is set up next gives it one that the database of today knows.
/// - A resource policy that would let everybody in is refused by AWS (`BlockPublicPolicy`).
package enum Secret: ResourceKind {
  package static let name: KindName = "secretsmanager/secret"
  package static let identity: Identity = .name
  package static let holdsData = true
  package static let follows: [KindName] = ["kms/key", "iam/role", "rds/cluster"]

  package struct Desired: Sendable {
    /// `payments-app`: without a hyphen and six characters at its end, which AWS would take for the end of an ARN.
    package var name: String
    package var description: String
    /// The ARN of the key.
    package var key: Input<String>
    /// Who else may do what with it; JSON. nil leaves it to the policies of roles.
    package var policy: String?
    package var tags: [String: String]
    // What the first value says, besides the password.
    package var username: String
    package var database: String
    /// The cluster's writer endpoint.
    package var host: Input<String>
    package var port: Input<Int>
    /// The ARN of the secret of the user who may change this one's password.
    package var masterSecret: Input<String>

    package init(
      name: String, description: String, key: Input<String>, policy: String? = nil, username: String, database: String,
      host: Input<String>, port: Input<Int>, masterSecret: Input<String>, tags: [String: String]
    ) {
      self.name = name
      self.description = description
      self.key = key
      self.policy = policy
      self.username = username
      self.database = database
      self.host = host
      self.port = port
      self.masterSecret = masterSecret
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    /// With AWS's six characters at its end.
    package var arn: String
    package var description: String
    package var key: String
    package var policy: String?
    package var tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("description", \.description, \.description),
    // AWS encrypts the versions in use anew.
    Attribute("key", \.key, \.key),
    Attribute("policy", \.policy, \.policy, equality: .policy),
    Attribute("tags", \.tags, \.tags, equality: .tags),
    Attribute(writeOnly: "username", \.username),
    Attribute(writeOnly: "database", \.database),
    Attribute(writeOnly: "host", \.host),
    Attribute(writeOnly: "port", \.port),
    Attribute(writeOnly: "masterSecret", \.masterSecret),
  ]

  package static let outputs: [Output<Self>] = [Output("arn", \.arn), Output("name", \.name)]

  package static func key(for desired: Desired) -> String? { desired.name }

  /// What is wanted is asked for by name: the listing may be five minutes behind, and finds what has left the spec.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let wanted = query.focusName.map { [$0] } ?? query.desired.map(\.name)
    let isWhole = query.focus == nil
    let (found, listed) = try await both { () async throws(CallError) in
      try await wanted.concurrently { (name) async throws(CallError) in try await observed(name, query, aws) }
    } _: { () async throws(CallError) in
      isWhole ? try await query.secrets(aws) : []
    }
    let others = listed.filter { query.mayOwn($0.name ?? "") && !wanted.contains($0.name ?? "") }
    return found.compactMap(\.self) + others.compactMap { Observed($0) }
  }

  /// nil when there is none of that name, or it waits for its deletion.
  private static func observed(
    _ name: String, _ query: Query<Self>, _ aws: AWS
  ) async throws(CallError) -> Observed? {
    try await ifThere { () async throws(CallError) -> Observed? in
      do throws(CallError) {
        let (secret, policy) = try await both { () async throws(CallError) in
          try await query.secret(name, aws)
        } _: { () async throws(CallError) in
          try await aws(SecretsManager.getResourcePolicy, .init(secretId: name)).resourcePolicy
        }
        return Observed(secret, policy: policy)
      } catch let error where error.isAboutDeletedSecret {
        return nil
      }
    } ?? nil
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    if let found = try await describe(desired.name, aws), found.deletedDate != nil {
      return try await restore(found, desired, aws)
    }
    let value = try FirstValue(desired, password: try await password(aws)).text
    let key = try desired.key.now()
    do throws(CallError) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(
          SecretsManager.createSecret,
          .init(
            name: desired.name, clientRequestToken: FirstValue.version(of: desired), description: desired.description,
            kmsKeyId: key, secretString: value, tags: tags(desired.tags)))
      }
    } catch let error where error.isAboutDeletedSecret {
      // Its end is near and AWS has not let go of the name yet.
      var error = error
      error.category = .conflict
      throw error
    }
    if desired.policy != nil { try await permit(desired.name, desired.policy, aws) }
  }

  private static func restore(
    _ found: SecretsManager.DescribeSecretOutput, _ desired: Desired, _ aws: AWS
  ) async throws(CallError) {
    let tags = tags(found.tags)
    guard tags[OwnerTag.stack] == desired.tags[OwnerTag.stack] else {
      throw CallError(
        .invalid, code: "NameTaken",
        message: """
          the name "\(desired.name)" belongs to a secret of somebody else that waits for its deletion: wait for its end, \
          or have its owner delete it without recovery
          """)
    }
    _ = try await aws(SecretsManager.restoreSecret, .init(secretId: desired.name))
  }

  /// Letters and digits alone, so that no URL, shell or SQL text has to quote it; 40 of them are 238 bits.
  private static func password(_ aws: AWS) async throws(CallError) -> String {
    let made = try await aws(
      SecretsManager.getRandomPassword,
      .init(passwordLength: 40, excludePunctuation: true, requireEachIncludedType: true))
    guard let password = made.randomPassword, !password.isEmpty else {
      throw CallError(.invalid, code: "NoPassword", message: "GetRandomPassword answered without a password")
    }
    return password
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await retag(observed, to: desired.tags, aws) }
    if changes.containsAny(\.description, \.key) {
      let key = changes.contains(\.key) ? try desired.key.now() : nil
      let description = changes.contains(\.description) ? desired.description : nil
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(
          SecretsManager.updateSecret, .init(secretId: observed.arn, description: description, kmsKeyId: key))
      }
    }
    if changes.contains(\.policy) { try await permit(observed.arn, desired.policy, aws) }
  }

  private static func permit(_ secret: String, _ policy: String?, _ aws: AWS) async throws(CallError) {
    guard let policy else {
      _ = try await aws(SecretsManager.deleteResourcePolicy, .init(secretId: secret))
      return
    }
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(
        SecretsManager.putResourcePolicy, .init(secretId: secret, resourcePolicy: policy, blockPublicPolicy: true))
    }
  }

  private static func retag(
    _ observed: Observed, to desired: [String: String], _ aws: AWS
  ) async throws(CallError) {
    let changes = TagChanges(from: observed.tags, to: desired)
    if !changes.set.isEmpty {
      let tags = changes.set.map { SecretsManager.Tag(key: $0.key, value: $0.value) }
      _ = try await aws(SecretsManager.tagResource, .init(secretId: observed.arn, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(SecretsManager.untagResource, .init(secretId: observed.arn, tagKeys: changes.remove))
    }
  }

  /// Days that AWS keeps a deleted secret, the most that it offers.
  private static let recoveryWindow = 30

  package static func delete(
    _ observed: Observed, _ deletion: Deletion, _ aws: AWS
  ) async throws(CallError) -> Departure {
    guard deletion.wholeStack else {
      throw CallError(
        .invalid, code: "SecretKept", message: "the secret \"\(observed.name)\" is only deleted by `harecon destroy`")
    }
    do {
      let request = SecretsManager.DeleteSecretInput(secretId: observed.arn, recoveryWindowInDays: recoveryWindow)
      return .scheduled(at: try await aws(SecretsManager.deleteSecret, request).deletionDate)
    } catch let error where error.isAboutDeletedSecret || error.category == .ambiguous {
      // A next attempt would not find the secret any more, and could not say what became of it.
      let found = try await describe(observed.arn, aws)
      guard let found else { return .gone }
      guard let date = found.deletedDate else { throw error }
      return .scheduled(at: date)
    }
  }

  /// Also of one that waits for its deletion; nil when there is none.
  private static func describe(
    _ secret: String, _ aws: AWS
  ) async throws(CallError) -> SecretsManager.DescribeSecretOutput? {
    try await ifThere { () async throws(CallError) in
      try await aws(SecretsManager.describeSecret, .init(secretId: secret))
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.arn, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }

  static func tags(_ tags: [SecretsManager.Tag]?) -> [String: String] {
    (tags ?? []).reduce(into: [:]) { tags, tag in
      if let key = tag.key { tags[key] = tag.value ?? "" }
    }
  }

  private static func tags(_ tags: [String: String]) -> [SecretsManager.Tag] {
    tags.sorted { $0.key < $1.key }.map { SecretsManager.Tag(key: $0.key, value: $0.value) }
  }
}
