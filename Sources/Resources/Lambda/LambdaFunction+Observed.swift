// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
internal import Core
internal import ResourceKit

extension LambdaFunction {
  package struct Observed: Sendable {
    package let name: String
    /// Without a version: whatever is uploaded last.
    package let arn: String
    let description: String
    let code: FunctionCode
    let handler: String
    let runtime: String
    let architecture: String
    let role: String
    let memory: Int
    let timeout: Int
    let ephemeralStorage: Int
    let environment: [String: Input<String>]
    /// Who knows it can ask what was meant for few: it is never shown.
    package let secretPath: String?
    let environmentKey: String?
    let subnets: [String]
    let securityGroups: [String]
    let reservedConcurrency: Int?
    let logGroup: String
    let logFormat: FunctionLogFormat
    let tracing: String
    let deadLetter: String?
    let tags: [String: String]
    let revision: String?
    let health: Health
    /// Who may call it; nil when only the function was asked for.
    let policy: FunctionPolicy?

    init(
      _ configuration: Lambda.FunctionConfiguration, concurrency: Int?, tags: [String: String], policy: FunctionPolicy?
    ) {
      name = configuration.functionName ?? ""
      arn = configuration.functionArn ?? ""
      description = configuration.description ?? ""
      code = FunctionCode(sha256: configuration.codeSha256 ?? "")
      handler = configuration.handler ?? ""
      runtime = configuration.runtime ?? ""
      architecture = configuration.architectures?.first ?? "x86_64"
      role = configuration.role ?? ""
      memory = configuration.memorySize ?? 128
      timeout = configuration.timeout ?? 3
      ephemeralStorage = configuration.ephemeralStorage?.size ?? 512
      let variables = configuration.environment?.variables ?? [:]
      environment = variables.filter { $0.key != SecretPath.variable }.mapValues { Input.given($0) }
      secretPath = Self.nonEmpty(variables[SecretPath.variable])
      environmentKey = Self.nonEmpty(configuration.kmsKeyArn)
      subnets = configuration.vpcConfig?.subnetIds ?? []
      securityGroups = configuration.vpcConfig?.securityGroupIds ?? []
      reservedConcurrency = concurrency
      logGroup = configuration.loggingConfig?.logGroup ?? "/aws/lambda/\(name)"
      logFormat = FunctionLogFormat(configuration.loggingConfig)
      tracing = configuration.tracingConfig?.mode ?? "PassThrough"
      deadLetter = Self.nonEmpty(configuration.deadLetterConfig?.targetArn)
      self.tags = tags
      revision = configuration.revisionId
      health = Self.health(configuration)
      self.policy = policy
    }

    var hasSecretPath: Bool { secretPath != nil }

    /// What is not set, AWS leaves out or answers empty.
    private static func nonEmpty(_ text: String?) -> String? {
      text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `State` says whether it can be called, `LastUpdateStatus` whether it can be changed.
    private static func health(_ configuration: Lambda.FunctionConfiguration) -> Health {
      switch configuration.state {
      // Reclaimed for want of calls; the next one brings it back.
      case "Active", "Inactive", nil: break
      case "Failed", "Deactivated", "ActiveNonInvocable":
        return .degraded(told(configuration.state, configuration.stateReasonCode, configuration.stateReason))
      case "Deleting": return .leaving("Deleting")
      case let state?: return .progressing(state)
      }
      switch configuration.lastUpdateStatus {
      case "Successful", nil: return .ready
      case "Failed":
        return .degraded(
          told("update failed", configuration.lastUpdateStatusReasonCode, configuration.lastUpdateStatusReason))
      case "InProgress": return .progressing("updating")
      case let status?: return .progressing(status)
      }
    }

    /// `Failed: EniLimitExceeded (the account has no interface left)`.
    private static func told(_ status: String?, _ code: String?, _ reason: String?) -> String {
      (status ?? "") + (code.map { ": \($0)" } ?? "") + (reason.map { " (\($0))" } ?? "")
    }
  }
}

extension FunctionLogFormat {
  /// Text is what AWS gives a function that asks for nothing.
  init(_ configuration: Lambda.LoggingConfig?) {
    if configuration?.logFormat == "JSON" {
      self = .json(
        application: configuration?.applicationLogLevel ?? "INFO", system: configuration?.systemLogLevel ?? "INFO")
    } else {
      self = .text
    }
  }
}
