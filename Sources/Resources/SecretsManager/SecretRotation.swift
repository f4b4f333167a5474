// SPDX-License-Identifier: Apache-2.0

internal import AWSAPISecretsManager
package import AWSClient
package import Core
package import ResourceKit

// aws: secretsmanager DescribeSecret ListSecrets RotateSecret CancelRotateSecret

/// When and by what a secret is rotated: that of an application user by a function, that of the cluster's master user by RDS.
///
/// - A change of the schedule rotates nothing: `RotateImmediately`, which is on unless it is switched off, is off.
/// - A user's secret is rotated as soon as its rotation is set up. That gives the database the user, and shows that the
///   rotation works while somebody looks.
/// - RDS rotates the master user's secret every seven days by itself. That counts as no rotation of the stack's, so that the
///   schedule is created, and deleting it goes back to that. The secret is found by its cluster, never by its name.
/// - The schedule is a `cron(...)`: with `rate(...)` a rotation that was scheduled before may still take place after a change.
package enum SecretRotation: ResourceKind {
  package static let name: KindName = "secretsmanager/rotation"
  package static let identity: Identity = .parent
  package static let parent: KindName? = DBCluster.name
  package static let follows: [KindName] = [
    Secret.name, DBCluster.name, "rds/instance", "lambda/function", "lambda/permission",
  ]

  /// Whose secret it is.
  package enum Subject: Sendable, Hashable {
    /// An application user's, by the secret's name.
    case user(secret: String)
    /// The master user's, by the cluster's name.
    case master(cluster: String)

    var key: String {
      switch self {
      case .user(let secret): secret
      case .master(let cluster): "master of \(cluster)"
      }
    }
  }

  package struct Desired: Sendable {
    package var subject: Subject
    /// The ARN of the secret.
    package var secret: Input<String>
    /// The ARN of the function that rotates; nil for the master user's secret, which RDS rotates.
    package var function: Input<String>?
    /// `cron(0 3 ? * SUN *)`: UTC, with 0 minutes and every year; at least four hours apart.
    package var schedule: String
    /// How long after the hour of the schedule it may begin, in whole hours: `2h`. The window ends before the day does.
    package var duration: String

    package init(
      subject: Subject, secret: Input<String>, function: Input<String>? = nil, schedule: String, duration: String = "2h"
    ) {
      self.subject = subject
      self.secret = secret
      self.function = function
      self.schedule = schedule
      self.duration = duration
    }
  }

  package struct Observed: Sendable {
    package var subject: Subject
    package var secret: String
    package var function: String?
    package var schedule: String
    package var duration: String
    /// The secret, or its cluster, is the stack's.
    package var isOurs: Bool
    /// When anything about the secret changed last, in seconds since 1970.
    var changed: Double

    /// As RDS sets it up.
    var isAsCreated: Bool { function == nil && schedule == "rate(7 days)" && duration.isEmpty }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("secret", \.secret, \.secret, .replace()),
    Attribute("function", \.function, \.function),
    Attribute("schedule", \.schedule, \.schedule),
    Attribute("duration", \.duration, \.duration),
  ]

  package static func key(for desired: Desired) -> String? { desired.subject.key }

  /// What is wanted is asked for by itself: the listing may be five minutes behind, and finds what has left the spec.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let masters = masterSecrets(query)
    let asked = query.focus.map { $0.desired.map { [$0] } ?? [] } ?? query.desired
    let subjects = Set(asked.map(\.subject)).union(query.focus == nil ? masters.keys.map { .master(cluster: $0) } : [])
    let isWhole = query.focus == nil || asked.isEmpty
    let (found, listed) = try await both { () async throws(CallError) in
      try await subjects.sorted { $0.key < $1.key }.concurrently { (subject) async throws(CallError) in
        try await observed(subject, masters, query, aws)
      }
    } _: { () async throws(CallError) in
      isWhole ? try await users(query, aws) : []
    }
    let others = listed.filter { !subjects.contains($0.subject) }
    return (found.compactMap(\.self) + others).filter { query.focus?.id == nil || $0.subject.key == query.focus?.id }
  }

  /// Cluster → ARN of its master user's secret.
  private static func masterSecrets(_ query: Query<Self>) -> [String: String] {
    query.parents.reduce(into: [:]) { secrets, parent in
      guard parent.owner.isStack(query.stack) else { return }
      let cluster = parent.typed(DBCluster.self)
      secrets[cluster.name] = cluster.masterSecret
    }
  }

  private static func observed(
    _ subject: Subject, _ masters: [String: String], _ query: Query<Self>, _ aws: AWS
  ) async throws(CallError) -> Observed? {
    let id: String
    switch subject {
    case .user(let secret): id = secret
    case .master(let cluster):
      guard let secret = masters[cluster] else { return nil }
      id = secret
    }
    let secret = try await ifThere { () async throws(CallError) in
      try await query.secret(id, aws)
    }
    return secret.flatMap { Observed($0, of: subject, query.stack) }
  }

  /// The rotations of the users' secrets that the stack owns.
  private static func users(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    try await query.secrets(aws).compactMap { Observed($0, query.stack) }.filter(\.isOurs)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let secret = try await aws(SecretsManager.describeSecret, .init(secretId: try desired.secret.now()))
    let isUsers =
      switch desired.subject {
      case .user: true
      case .master: false
      }
    try await rotate(desired, changed: secret.lastChangedDate?.secondsSinceEpoch ?? 0, immediately: isUsers, aws)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    try await rotate(desired, changed: observed.changed, immediately: false, aws)
  }

  /// - Parameter changed: when the secret was last seen to change. The request's token, which becomes the id of a version, is
  ///   the same until it does, so that a request whose answer was lost makes no second version.
  private static func rotate(
    _ desired: Desired, changed: Double, immediately: Bool, _ aws: AWS
  ) async throws(CallError) {
    let secret = try desired.secret.now()
    let function = try desired.function?.now()
    let token = RequestToken.text(
      "rotation", secret, String(Int(changed)), function ?? "", desired.schedule, desired.duration)
    let rules = SecretsManager.RotationRulesType(duration: desired.duration, scheduleExpression: desired.schedule)
    do throws(CallError) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(
          SecretsManager.rotateSecret,
          .init(
            secretId: secret, clientRequestToken: token, rotationLambdaARN: function, rotationRules: rules,
            rotateImmediately: immediately))
      }
    } catch let error where error.message.contains("previous rotation") {
      // One that is under way ends by itself.
      var error = error
      error.category = .conflict
      throw error
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    do throws(CallError) {
      switch observed.subject {
      case .user:
        _ = try await aws(SecretsManager.cancelRotateSecret, .init(secretId: observed.secret))
      case .master:
        guard !observed.isAsCreated else { return }
        _ = try await aws(
          SecretsManager.rotateSecret,
          .init(
            secretId: observed.secret, rotationRules: .init(automaticallyAfterDays: 7), rotateImmediately: false))
      }
    } catch let error where error.isAboutDeletedSecret {
      return
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.subject.key, key: observed.subject.key, owner: observed.isOurs ? .parent : .nobody)
  }
}

extension SecretRotation.Observed {
  /// nil where no rotation is set up, or only the one that RDS sets up by itself.
  init?(_ secret: SecretsManager.DescribeSecretOutput, of subject: SecretRotation.Subject, _ stack: String) {
    guard let arn = secret.arn, secret.rotationEnabled == true, secret.deletedDate == nil else { return nil }
    let isOurs =
      switch subject {
      case .user: OwnerTag.owner(Secret.tags(secret.tags)).isStack(stack)
      case .master: true
      }
    self.init(
      subject, arn, secret.rotationLambdaARN, secret.rotationRules, isOurs: isOurs, secret.lastChangedDate)
    if isAsCreated { return nil }
  }

  init?(_ secret: SecretsManager.SecretListEntry, _ stack: String) {
    guard let arn = secret.arn, let name = secret.name, secret.rotationEnabled == true, secret.deletedDate == nil else {
      return nil
    }
    self.init(
      .user(secret: name), arn, secret.rotationLambdaARN, secret.rotationRules,
      isOurs: OwnerTag.owner(Secret.tags(secret.tags)).isStack(stack), secret.lastChangedDate)
  }

  private init(
    _ subject: SecretRotation.Subject, _ secret: String, _ function: String?,
    _ rules: SecretsManager.RotationRulesType?, isOurs: Bool, _ changed: Timestamp?
  ) {
    self.init(
      subject: subject, secret: secret, function: function,
      schedule: rules?.scheduleExpression ?? rules?.automaticallyAfterDays.map { "rate(\($0) days)" } ?? "",
      duration: rules?.duration ?? "", isOurs: isOurs, changed: changed?.secondsSinceEpoch ?? 0)
  }
}

extension Owner {
  /// Tagged as the stack's.
  func isStack(_ stack: String) -> Bool {
    switch self {
    case .stack(let owner, id: _): owner == stack
    case .parent, .nobody: false
    }
  }
}
