// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// Passwords and how they change: RDS rotates the master user's, a function those of application users.
struct SecretsBlueprint {
  private struct User {
    let secret: Node<Secret>
    let permission: Node<FunctionPermission>
    let rotation: DesiredResource
    let origin: SourceSpan
  }

  private let users: [User]
  private let master: DesiredResource

  init(
    _ scope: Scope, _ network: NetworkBlueprint, _ encryption: EncryptionBlueprint, _ database: DatabaseBlueprint,
    _ functions: FunctionsBlueprint
  ) {
    let spec = scope.stack.secrets
    let cluster = database.cluster
    let masterSecret = cluster.output(\.masterSecret)
    let rotating = functions[.rotateUser]
    let reachable = Self.whatRotationNeeds(network, database)
    users = spec.users.map { user in
      let secret = Node<Secret>(
        user.name,
        .init(
          name: scope.names.secret(of: user),
          description: "user \(user.name) of \(scope.names.cluster), in turn with \(user.alternate)",
          key: encryption.key.output(\.arn), username: user.name, database: scope.stack.cluster.database,
          host: cluster.output(\.endpoint), port: cluster.output(\.port), masterSecret: masterSecret,
          tags: scope.tags(Secret.self, user.name)))
      let permission = Node<FunctionPermission>(
        "rotate-\(user.name)",
        .init(
          function: rotating.output(\.name), statement: "rotate-\(user.name)",
          principal: "secretsmanager.amazonaws.com", sourceARN: secret.output(\.arn)))
      let rotation = Node<SecretRotation>(
        user.name,
        .init(
          subject: .user(secret: scope.names.secret(of: user)), secret: secret.output(\.arn),
          function: rotating.output(\.arn), schedule: Self.known(spec.schedule(of: user))))
      // It rotates at once, which needs the permission, the database and the way to it.
      return User(
        secret: secret, permission: permission,
        rotation: rotation.resource(
          after: reachable.union([permission.address]), origin: user.$rotateEvery.span),
        origin: user.$name.span)
    }
    master = Node<SecretRotation>(
      "master",
      .init(
        subject: .master(cluster: scope.names.cluster), secret: masterSecret,
        schedule: Self.known(spec.masterSchedule))
    ).resource(origin: spec.master.$rotateEvery.span)
  }

  var resources: [DesiredResource] {
    users.flatMap { user in
      [user.secret.resource(origin: user.origin), user.permission.resource(origin: user.origin), user.rotation]
    } + [master]
  }

  /// Instances that answer, and a network in which the function reaches them and Secrets Manager.
  private static func whatRotationNeeds(_ network: NetworkBlueprint, _ database: DatabaseBlueprint) -> Set<Address> {
    let kinds = [DBInstance.name, InterfaceEndpoint.name, RouteTable.name, SecurityGroupRules.name]
    return Set((network.resources + database.resources).map(\.address).filter { kinds.contains($0.kind) })
  }

  private static func known(_ schedule: String?) -> String {
    guard let schedule else { preconditionFailure("a period has no schedule, which the spec's rules refuse") }
    return schedule
  }
}
