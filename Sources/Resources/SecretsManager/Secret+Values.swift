// SPDX-License-Identifier: Apache-2.0

internal import AWSAPISecretsManager
internal import Core
internal import ResourceKit

extension Secret {
  /// The first value of a user's secret: AWS's own JSON of a database secret for rotation by alternating users.
  ///
  ///     {"dbname": "payments", "engine": "postgres", "host": "payments.cluster-….rds.amazonaws.com",
  ///      "masterarn": "arn:aws:secretsmanager:…:secret:rds!cluster-…", "password": "…", "port": 5432, "username": "app"}
  ///
  /// The rotation makes `username` alternate between `app` and `app_clone`, so that the credentials that applications hold
  /// stay good until the rotation after the next. `host`, `port` and `masterarn` are as they were when the secret was made:
  /// a rotation takes those of today from the cluster, and writes them into the version that it makes.
  struct FirstValue {
    /// Contains the password.
    let text: String

    init(_ desired: Desired, password: String) throws(CallError) {
      let value: JSON = [
        "dbname": .string(desired.database), "engine": "postgres", "host": .string(try desired.host.now()),
        "masterarn": .string(try desired.masterSecret.now()), "password": .string(password),
        "port": .int(try desired.port.now()), "username": .string(desired.username),
      ]
      text = value.text()
    }

    /// The id of the first version, the same whenever it is asked for: made again after a lost answer, it is the same
    /// version and not a second one.
    static func version(of desired: Desired) -> String {
      RequestToken.text(
        "first value", desired.name, desired.tags[OwnerTag.stack] ?? "", desired.tags[OwnerTag.id] ?? "")
    }
  }
}

extension Secret.Observed {
  /// nil for one that waits for its deletion, and for an answer without a name or an ARN.
  init?(_ secret: SecretsManager.DescribeSecretOutput, policy: String?) {
    guard let name = secret.name, let arn = secret.arn, secret.deletedDate == nil else { return nil }
    self.init(
      name: name, arn: arn, description: secret.description ?? "", key: Self.key(secret.kmsKeyId, of: arn),
      policy: policy, tags: Secret.tags(secret.tags))
  }

  /// As the listing says; the policy of what nobody wants is of no interest.
  init?(_ secret: SecretsManager.SecretListEntry) {
    guard let name = secret.name, let arn = secret.arn, secret.deletedDate == nil else { return nil }
    self.init(
      name: name, arn: arn, description: secret.description ?? "", key: Self.key(secret.kmsKeyId, of: arn),
      policy: nil, tags: Secret.tags(secret.tags))
  }

  /// AWS leaves its own key out, and gives back another as it was named: by ARN, by id.
  private static func key(_ key: String?, of secret: String) -> String {
    guard let key else { return "alias/aws/secretsmanager" }
    let parts = secret.split(separator: ":", omittingEmptySubsequences: false)
    guard !key.hasPrefix("arn:"), !key.hasPrefix("alias/"), parts.count > 5 else { return key }
    return "\(parts[0]):\(parts[1]):kms:\(parts[3]):\(parts[4]):key/\(key)"
  }
}

extension CallError {
  /// Secrets Manager refuses nearly everything about a secret that waits for its deletion, in one of two wordings.
  var isAboutDeletedSecret: Bool {
    guard code == "InvalidRequestException" else { return false }
    return message.contains("marked") || message.contains("scheduled for deletion")
  }
}
