// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Functions
internal import ResourceKit
internal import Resources
internal import Spec

/// The stack's functions: each with a log group that is there before it, a role that may do what it does and nothing else, and
/// its code and settings.
struct FunctionsBlueprint {
  private struct Member {
    let log: Node<LogGroup>
    let role: Node<IAMRole>
    let function: Node<LambdaFunction>
    let async: Node<AsyncInvoke>?
  }

  private let members: [StackFunction: Member]
  private let scope: Scope

  init(
    _ scope: Scope, _ network: NetworkBlueprint, _ encryption: EncryptionBlueprint, _ database: DatabaseBlueprint,
    _ queues: QueuesBlueprint, _ audit: AuditBlueprint, _ evidence: EvidenceBlueprint
  ) {
    self.scope = scope
    let environment = FunctionEnvironment(scope, database, audit, evidence)
    members = Dictionary(
      uniqueKeysWithValues: StackFunction.allCases.map { function in
        let name = function.rawValue
        let log = Node<LogGroup>(
          "function-\(name)",
          .init(
            name: scope.names.logGroup(of: function), retention: scope.stack.audit.retention.wholeDays,
            key: encryption.key.output(\.arn), tags: scope.tags(LogGroup.self, "function-\(name)")))
        let role = Self.role(function, scope)
        let node = Self.function(
          function, scope, log: log, role: role, network, encryption, environment: environment.variables(of: function))
        let async = FunctionShape.of(function).patience.map { patience in
          Node<AsyncInvoke>(
            name,
            .init(
              function: node.output(\.name), maximumAge: patience.age, retries: patience.retries,
              onFailure: queues[.functionsDead].output(\.arn)))
        }
        return (function, Member(log: log, role: role, function: node, async: async))
      })
  }

  /// - Precondition: every function has its node.
  subscript(_ function: StackFunction) -> Node<LambdaFunction> { member(function).function }

  private func member(_ function: StackFunction) -> Member {
    guard let member = members[function] else { preconditionFailure("there is no function \(function.rawValue)") }
    return member
  }

  var resources: [DesiredResource] {
    let origin = scope.stack.$functions.span
    return StackFunction.allCases.flatMap { function in
      let member = member(function)
      return [
        member.log.resource(origin: origin), member.role.resource(origin: origin),
        member.function.resource(origin: origin),
      ] + (member.async.map { [$0.resource(origin: origin)] } ?? [])
    }
  }

  /// The roles of those functions that have interfaces in the network.
  static var rolesInNetwork: Set<Address> {
    Set(StackFunction.allCases.filter(\.isInNetwork).map { Address(IAMRole.name, roleName($0)) })
  }

  private static func roleName(_ function: StackFunction) -> String { "function-\(function.rawValue)" }

  private static func role(_ function: StackFunction, _ scope: Scope) -> Node<IAMRole> {
    let name = roleName(function)
    let trust = Statement.trust(
      "lambda.amazonaws.com", when: [])
    return Node(
      name,
      .init(
        name: scope.names.role(of: function), path: scope.names.rolePath,
        description: "\(function.rawValue) of \(scope.stack.name)", trust: Policy(trust).text,
        inlinePolicies: ["work": FunctionPolicies(scope).policy(of: function).text],
        permissionsBoundary: scope.boundary, tags: scope.tags(IAMRole.self, name)))
  }

  private static func function(
    _ function: StackFunction, _ scope: Scope, log: Node<LogGroup>, role: Node<IAMRole>, _ network: NetworkBlueprint,
    _ encryption: EncryptionBlueprint, environment: [String: Input<String>]
  ) -> Node<LambdaFunction> {
    let (shape, settings) = (FunctionShape.of(function), scope.stack.functions)
    let archive = function.archive(authorities: settings.databaseAuthorities)
    return Node(
      function.rawValue,
      .init(
        name: scope.names.function(function), description: shape.description, code: FunctionCode(zip: archive.bytes),
        handler: archive.handler, runtime: settings.runtime.rawValue, architecture: settings.architecture.rawValue,
        role: role.output(\.arn), memory: settings.memory, timeout: shape.timeout, environment: environment,
        hasSecretPath: function == .health, environmentKey: encryption.key.output(\.arn),
        subnets: function.isInNetwork ? network.subnets.map { $0.output(\.id) } : [],
        securityGroups: function.isInNetwork ? [network.functionsGroup.output(\.id)] : [],
        reservedConcurrency: shape.reservedConcurrency, logGroup: log.output(\.name),
        tags: scope.tags(LambdaFunction.self, function.rawValue)))
  }
}
