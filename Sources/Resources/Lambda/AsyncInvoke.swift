// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
package import AWSClient
package import Core
package import ResourceKit

// aws: lambda PutFunctionEventInvokeConfig GetFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig

/// What becomes of an event that a function is sent without waiting for it: how long it is tried, how often, and where it goes then.
///
/// Without these settings AWS tries an event for six hours: a failover that comes hours late, when nobody expects it.
package enum AsyncInvoke: ResourceKind {
  package static let name: KindName = "lambda/async-invoke"
  package static let identity: Identity = .parent
  package static let parent: KindName? = LambdaFunction.name
  package static let follows: [KindName] = [LambdaFunction.name, "sqs/queue", "sns/topic"]

  package struct Desired: Sendable {
    /// The function's name.
    package var function: Input<String>
    /// Seconds, 60 to 21,600: what is older is not tried any more.
    package var maximumAge: Int
    /// 0 to 2, after the first attempt.
    package var retries: Int
    /// The ARN of the queue (no FIFO queue) or topic that events go to which were given up. The function's role must be allowed to
    /// send there.
    package var onFailure: Input<String>?
    package var onSuccess: Input<String>?

    package init(
      function: Input<String>, maximumAge: Int = 300, retries: Int = 1, onFailure: Input<String>? = nil,
      onSuccess: Input<String>? = nil
    ) {
      self.function = function
      self.maximumAge = maximumAge
      self.retries = retries
      self.onFailure = onFailure
      self.onSuccess = onSuccess
    }
  }

  package struct Observed: Sendable {
    let function: String
    let maximumAge: Int
    let retries: Int
    let onFailure: String?
    let onSuccess: String?
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("function", \.function, \.function, .replace(.createThenDelete)),
    Attribute("maximumAge", \.maximumAge, \.maximumAge),
    Attribute("retries", \.retries, \.retries),
    Attribute("onFailure", \.onFailure, \.onFailure),
    Attribute("onSuccess", \.onSuccess, \.onSuccess),
  ]

  package static func key(for desired: Desired) -> String? { desired.function.known }

  /// Asked of each function of ours: there is no listing for all of them.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let names = query.focusName.map { [$0] } ?? query.ownFunctions.map(\.name).sorted()
    return try await names.concurrently { (function) async throws(CallError) -> Observed? in
      let answer = try await ifThere { () async throws(CallError) in
        try await aws(Lambda.getFunctionEventInvokeConfig, .init(functionName: function))
      }
      return answer.map { settings in
        Observed(
          function: function, maximumAge: settings.maximumEventAgeInSeconds ?? 21_600,
          retries: settings.maximumRetryAttempts ?? 2,
          onFailure: settings.destinationConfig?.onFailure?.destination,
          onSuccess: settings.destinationConfig?.onSuccess?.destination)
      }
    }.compactMap(\.self)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = Lambda.PutFunctionEventInvokeConfigInput(
      functionName: try desired.function.now(), maximumRetryAttempts: desired.retries,
      maximumEventAgeInSeconds: desired.maximumAge,
      destinationConfig: .init(
        onSuccess: .init(destination: try desired.onSuccess?.now()),
        onFailure: .init(destination: try desired.onFailure?.now())))
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(Lambda.putFunctionEventInvokeConfig, request)
    }
  }

  /// The same call sets all of them.
  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    try await create(desired, aws)
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Lambda.deleteFunctionEventInvokeConfig, .init(functionName: observed.function))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.function, key: observed.function, owner: .parent)
  }
}
