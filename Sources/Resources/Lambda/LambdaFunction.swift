// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
package import AWSClient
package import Core
package import ResourceKit

// aws: lambda CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction
// aws: lambda PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource
// aws: resourcegroupstaggingapi GetResources

/// A function with its code, its settings and its share of the account's concurrency.
///
/// Code is compared by the hash that AWS gives back and uploaded only when that differs. AWS takes one change at a time:
/// new code first, and new settings when the code is in place; meanwhile the old function goes on answering. Each change
/// is made only to the revision that was looked at.
///
/// A function writes to a log group of its own, which comes before it and goes after it: one that AWS has to make would be kept
/// for ever and not be encrypted.
///
/// A function inside the network holds interfaces in its subnets. AWS shares them between functions with the same subnets and
/// groups, takes minutes to make the first, and removes them up to 40 minutes after the last function has gone: until then
/// they hold subnets and security groups, and need the function's role.
///
/// After two weeks without a call AWS takes the interfaces away and says `Inactive`; the next call brings them back, so that this is
/// no fault.
package enum LambdaFunction: ResourceKind {
  package static let name: KindName = "lambda/function"
  package static let identity: Identity = .name
  package static let follows: [KindName] = [
    "iam/role", "kms/key", "logs/group", "ec2/subnet", "ec2/security-group", "ec2/security-group-rules", "sqs/queue",
    "sns/topic",
  ]
  // The first interfaces of a pair of subnets and groups.
  package static let patience = Patience(ready: .seconds(600), gone: .seconds(300))

  package struct Desired: Sendable {
    package var name: String
    package var description: String
    package var code: FunctionCode
    /// The module and the function in it, with dots: `health.handler.handle`.
    package var handler: String
    /// `python3.11`.
    package var runtime: String
    /// `arm64` or `x86_64`.
    package var architecture: String
    /// The ARN of the role that the code has.
    package var role: Input<String>
    /// MiB; the share of a processor grows with it.
    package var memory: Int
    /// Seconds; at most 900.
    package var timeout: Int
    /// MiB of `/tmp`.
    package var ephemeralStorage: Int
    /// All together at most 4 KB.
    package var environment: [String: Input<String>]
    /// Whether it has a path of its own that nobody can guess, `/` and 32 hexadecimal digits, in the variable `PRIVATE_PATH`: made
    /// with the function and kept for as long as it lives.
    package var hasSecretPath: Bool
    /// The ARN of the key that the environment is encrypted with; nil is AWS's own.
    package var environmentKey: Input<String>?
    /// None for a function outside the network.
    package var subnets: [Input<String>]
    package var securityGroups: [Input<String>]
    /// How many calls at once are kept free for it and are the most it gets; nil takes from what all share. AWS keeps 100 of an
    /// account unreserved.
    package var reservedConcurrency: Int?
    package var logGroup: Input<String>
    package var logFormat: FunctionLogFormat
    /// `Active` or `PassThrough`.
    package var tracing: String
    /// The ARN of the queue or topic that takes asynchronous events which failed.
    package var deadLetter: Input<String>?
    package var tags: [String: String]

    /// - Precondition: `environment` leaves `PRIVATE_PATH` alone.
    package init(
      name: String, description: String, code: FunctionCode, handler: String, runtime: String = "python3.11",
      architecture: String = "arm64", role: Input<String>, memory: Int = 128, timeout: Int = 30,
      ephemeralStorage: Int = 512, environment: [String: Input<String>] = [:],
      hasSecretPath: Bool = false, environmentKey: Input<String>? = nil,
      subnets: [Input<String>] = [], securityGroups: [Input<String>] = [], reservedConcurrency: Int? = nil,
      logGroup: Input<String>, logFormat: FunctionLogFormat = .json, tracing: String = "PassThrough",
      deadLetter: Input<String>? = nil, tags: [String: String]
    ) {
      precondition(environment[SecretPath.variable] == nil, "a secret path is not given but made")
      self.name = name
      self.description = description
      self.code = code
      self.handler = handler
      self.runtime = runtime
      self.architecture = architecture
      self.role = role
      self.memory = memory
      self.timeout = timeout
      self.ephemeralStorage = ephemeralStorage
      self.environment = environment
      self.hasSecretPath = hasSecretPath
      self.environmentKey = environmentKey
      self.subnets = subnets
      self.securityGroups = securityGroups
      self.reservedConcurrency = reservedConcurrency
      self.logGroup = logGroup
      self.logFormat = logFormat
      self.tracing = tracing
      self.deadLetter = deadLetter
      self.tags = tags
    }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("description", \.description, \.description),
    Attribute("code", \.code, \.code),
    Attribute("handler", \.handler, \.handler),
    Attribute("runtime", \.runtime, \.runtime),
    Attribute("architecture", \.architecture, \.architecture),
    Attribute("role", \.role, \.role),
    Attribute("memory", \.memory, \.memory),
    Attribute("timeout", \.timeout, \.timeout),
    Attribute("ephemeralStorage", \.ephemeralStorage, \.ephemeralStorage),
    Attribute("environment", \.environment, \.environment),
    Attribute("hasSecretPath", \.hasSecretPath, \.hasSecretPath),
    Attribute("environmentKey", \.environmentKey, \.environmentKey),
    Attribute("subnets", \.subnets, \.subnets, equality: .unordered),
    Attribute("securityGroups", \.securityGroups, \.securityGroups, equality: .unordered),
    Attribute("reservedConcurrency", \.reservedConcurrency, \.reservedConcurrency),
    Attribute("logGroup", \.logGroup, \.logGroup),
    Attribute("logFormat", \.logFormat, \.logFormat),
    Attribute("tracing", \.tracing, \.tracing),
    Attribute("deadLetter", \.deadLetter, \.deadLetter),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [
    Output("name", \.name), Output("arn", \.arn), Output("secretPath", \.secretPath),
  ]

  package static func key(for desired: Desired) -> String? { desired.name }

  // MARK: Looking

  /// What is wanted is asked for by name; what is ours and no longer wanted is found by its tags. `ListFunctions` would page
  /// through all functions of the account and say neither tags nor concurrency.
  ///
  /// One that is not there by its name, and is by its tags, is asked for once more: Lambda's answers are consistent in the end
  /// only, and a function that is overlooked keeps its interfaces, for which its subnets' deletion would wait in vain.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    if let name = query.focusName { return [try await observed(name, withPolicy: false, aws)].compactMap(\.self) }
    let wanted = Set(query.desired.map(\.name))
    let (functions, tagged) = try await both { () async throws(CallError) in
      try await wanted.sorted().concurrently { (name) async throws(CallError) in
        try await observed(name, withPolicy: true, aws)
      }
    } _: { () async throws(CallError) in
      Set(try await query.tagged(as: "lambda:function", aws).compactMap { functionName($0) })
    }
    let found = functions.compactMap(\.self)
    let others = try await tagged.subtracting(found.map(\.name)).sorted().concurrently {
      (name) async throws(CallError) in try await observed(name, withPolicy: true, aws)
    }
    return found + others.compactMap(\.self)
  }

  /// - Parameter withPolicy: reads who may call it at the same time, for the kinds below.
  private static func observed(
    _ name: String, withPolicy: Bool, _ aws: AWS
  ) async throws(CallError) -> Observed? {
    let (answer, policy) = try await both { () async throws(CallError) in
      try await ifThere { () async throws(CallError) in
        try await aws(Lambda.getFunction, .init(functionName: name))
      }
    } _: { () async throws(CallError) in
      withPolicy ? try await FunctionPolicy.read(of: name, aws) : nil
    }
    guard let answer, let configuration = answer.configuration else { return nil }
    // Without its tags one of ours would pass for somebody else's.
    if let error = answer.tagsError {
      throw CallError(
        .denied, code: error.errorCode ?? "TagsError",
        message: "the tags of \"\(name)\" cannot be read: \(error.message ?? "")", operation: "lambda GetFunction")
    }
    return Observed(
      configuration, concurrency: answer.concurrency?.reservedConcurrentExecutions, tags: answer.tags ?? [:],
      policy: policy)
  }

  /// `x` of `arn:aws:lambda:us-east-1:111122223333:function:x` and of the same with a version behind it.
  static func functionName(_ arn: String) -> String? {
    let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count >= 7 && parts[2] == "lambda" && parts[5] == "function" ? String(parts[6]) : nil
  }

  // MARK: Changing

  /// The share of concurrency is set when the function is there: AWS does not change one that it still makes.
  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = try creation(of: desired)
    do throws(CallError) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(Lambda.createFunction, request)
      }
    } catch {
      throw error.sortedByLambda
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) {
      try await lambdaRetag(observed.arn, from: observed.tags, to: desired.tags, aws)
    }
    if changes.contains(\.reservedConcurrency) { try await reserve(desired, aws) }
    let configuration = try configuration(of: desired, changes, from: observed)
    if changes.containsAny(\.code, \.architecture) {
      try await upload(desired, revision: observed.revision, aws)
      // AWS refuses it until the code is in place, which the next look waits for.
      if configuration != nil {
        throw CallError(
          .conflict, code: "CodeUpdateInProgress",
          message: "\"\(observed.name)\" takes its new code before its settings")
      }
    } else if let configuration {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(Lambda.updateFunctionConfiguration, configuration)
      }
    }
  }

  private static func upload(_ desired: Desired, revision: String?, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      Lambda.updateFunctionCode,
      .init(
        functionName: desired.name, zipFile: try zip(of: desired), revisionId: revision,
        architectures: [desired.architecture]))
  }

  private static func reserve(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    if let calls = desired.reservedConcurrency {
      _ = try await aws(
        Lambda.putFunctionConcurrency,
        .init(functionName: desired.name, reservedConcurrentExecutions: calls))
    } else {
      _ = try await aws(Lambda.deleteFunctionConcurrency, .init(functionName: desired.name))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Lambda.deleteFunction, .init(functionName: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(
      id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags), health: observed.health)
  }
}
