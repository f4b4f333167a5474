// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
internal import Core
internal import ResourceKit

/// What is sent for a desired function.
extension LambdaFunction {
  static func creation(of desired: Desired) throws(CallError) -> Lambda.CreateFunctionInput {
    .init(
      functionName: desired.name, role: try desired.role.now(), code: .init(zipFile: try zip(of: desired)),
      runtime: desired.runtime, handler: desired.handler, description: desired.description, timeout: desired.timeout,
      memorySize: desired.memory, vpcConfig: desired.subnets.isEmpty ? nil : try network(of: desired),
      packageType: "Zip", deadLetterConfig: try desired.deadLetter.map(deadLetter),
      environment: try environment(of: desired, keeping: nil), kmsKeyArn: try desired.environmentKey?.now(),
      tracingConfig: .init(mode: desired.tracing), tags: desired.tags, architectures: [desired.architecture],
      ephemeralStorage: .init(size: desired.ephemeralStorage), loggingConfig: try logging(of: desired))
  }

  /// Only what is to change is named: a network that is sent again is set up again. nil when nothing of it changes.
  static func configuration(
    of desired: Desired, _ changes: Changes<Self>, from observed: Observed
  ) throws(CallError) -> Lambda.UpdateFunctionConfigurationInput? {
    guard
      changes.containsAny(
        \.description, \.handler, \.runtime, \.role, \.memory, \.timeout, \.ephemeralStorage, \.environment,
        \.hasSecretPath, \.environmentKey, \.subnets, \.securityGroups, \.logGroup, \.logFormat, \.tracing,
        \.deadLetter)
    else { return nil }
    var request = Lambda.UpdateFunctionConfigurationInput(functionName: desired.name, revisionId: observed.revision)
    if changes.contains(\.description) { request.description = desired.description }
    if changes.contains(\.handler) { request.handler = desired.handler }
    if changes.contains(\.runtime) { request.runtime = desired.runtime }
    if changes.contains(\.role) { request.role = try desired.role.now() }
    if changes.contains(\.memory) { request.memorySize = desired.memory }
    if changes.contains(\.timeout) { request.timeout = desired.timeout }
    if changes.contains(\.ephemeralStorage) { request.ephemeralStorage = .init(size: desired.ephemeralStorage) }
    if changes.containsAny(\.environment, \.hasSecretPath) {
      request.environment = try environment(of: desired, keeping: observed.secretPath)
    }
    if changes.contains(\.environmentKey) { request.kmsKeyArn = try desired.environmentKey?.now() ?? "" }
    if changes.containsAny(\.subnets, \.securityGroups) { request.vpcConfig = try network(of: desired) }
    if changes.containsAny(\.logGroup, \.logFormat) { request.loggingConfig = try logging(of: desired) }
    if changes.contains(\.tracing) { request.tracingConfig = .init(mode: desired.tracing) }
    if changes.contains(\.deadLetter) {
      request.deadLetterConfig = .init(targetArn: try desired.deadLetter?.now() ?? "")
    }
    return request
  }

  /// - Throws: when the code is known by its hash alone, which is a defect of the graph; nothing is sent.
  static func zip(of desired: Desired) throws(CallError) -> [UInt8] {
    guard let zip = desired.code.zip else {
      throw CallError(.invalid, code: "NoCode", message: "the code of \"\(desired.name)\" is not at hand")
    }
    return zip
  }

  /// All of it: AWS takes the variables as a whole.
  private static func environment(
    of desired: Desired, keeping secretPath: String?
  ) throws(CallError) -> Lambda.Environment {
    var variables: [String: String] = [:]
    for (name, value) in desired.environment { variables[name] = try value.now() }
    if desired.hasSecretPath { variables[SecretPath.variable] = secretPath ?? SecretPath.make() }
    return .init(variables: variables)
  }

  /// Empty lists take a function out of its network.
  private static func network(of desired: Desired) throws(CallError) -> Lambda.VpcConfig {
    .init(subnetIds: try desired.subnets.now(), securityGroupIds: try desired.securityGroups.now())
  }

  private static func logging(of desired: Desired) throws(CallError) -> Lambda.LoggingConfig {
    let group = try desired.logGroup.now()
    switch desired.logFormat {
    case .json(let application, let system):
      return .init(logFormat: "JSON", applicationLogLevel: application, systemLogLevel: system, logGroup: group)
    case .text: return .init(logFormat: "Text", logGroup: group)
    }
  }

  private static func deadLetter(_ target: Input<String>) throws(CallError) -> Lambda.DeadLetterConfig {
    .init(targetArn: try target.now())
  }
}
