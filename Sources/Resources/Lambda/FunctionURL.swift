// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
package import AWSClient
package import Core
package import ResourceKit

// aws: lambda CreateFunctionUrlConfig GetFunctionUrlConfig UpdateFunctionUrlConfig DeleteFunctionUrlConfig

/// An HTTPS address at which a function answers.
///
/// It alone lets nobody in: who may call says the function's policy, see `lambda/permission`. AWS chooses the address, and another one each
/// time that it is made.
///
/// A URL that is not in the spec is found, and deleted, when a statement of the policy lets callers in through it; without such a
/// statement nobody gets in.
package enum FunctionURL: ResourceKind {
  package static let name: KindName = "lambda/url"
  package static let identity: Identity = .parent
  package static let parent: KindName? = LambdaFunction.name
  package static let follows: [KindName] = [LambdaFunction.name]

  package struct Desired: Sendable {
    /// The function's name.
    package var function: Input<String>
    /// `NONE`, or `AWS_IAM` for signed calls alone.
    package var authType: String
    /// `BUFFERED` or `RESPONSE_STREAM`.
    package var invokeMode: String
    /// Web pages of these origins may call; checkers and servers need none.
    package var allowedOrigins: [String]

    package init(
      function: Input<String>, authType: String = "NONE", invokeMode: String = "BUFFERED", allowedOrigins: [String] = []
    ) {
      self.function = function
      self.authType = authType
      self.invokeMode = invokeMode
      self.allowedOrigins = allowedOrigins
    }
  }

  package struct Observed: Sendable {
    let function: String
    /// `https://abc.lambda-url.us-east-1.on.aws/`.
    package let url: String
    let authType: String
    let invokeMode: String
    let allowedOrigins: [String]

    /// What a health check connects to.
    package var host: String {
      String(url.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" })
    }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("function", \.function, \.function, .replace(.createThenDelete)),
    Attribute("authType", \.authType, \.authType),
    Attribute("invokeMode", \.invokeMode, \.invokeMode),
    Attribute("allowedOrigins", \.allowedOrigins, \.allowedOrigins, equality: .unordered),
  ]

  package static let outputs: [Output<Self>] = [Output("url", \.url), Output("host", \.host)]

  package static func key(for desired: Desired) -> String? { desired.function.known }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    try await names(query).concurrently { (function) async throws(CallError) -> Observed? in
      let answer = try await ifThere { () async throws(CallError) in
        try await aws(Lambda.getFunctionUrlConfig, .init(functionName: function))
      }
      return answer.map { url in
        Observed(
          function: function, url: url.functionUrl ?? "", authType: url.authType ?? "",
          invokeMode: url.invokeMode ?? "BUFFERED", allowedOrigins: url.cors?.allowOrigins ?? [])
      }
    }.compactMap(\.self)
  }

  private static func names(_ query: Query<Self>) -> [String] {
    if let name = query.focusName { return [name] }
    let wanted = query.desired.compactMap { query.functionName($0.function) }
    let open = query.ownFunctions.filter { function in
      function.policy?.statements.contains { $0.action == "lambda:InvokeFunctionUrl" } ?? false
    }
    return Set(wanted + open.map(\.name)).sorted()
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = Lambda.CreateFunctionUrlConfigInput(
      functionName: try desired.function.now(), authType: desired.authType,
      cors: desired.allowedOrigins.isEmpty ? nil : .init(allowOrigins: desired.allowedOrigins),
      invokeMode: desired.invokeMode)
    do throws(CallError) {
      _ = try await aws(Lambda.createFunctionUrlConfig, request)
    } catch {
      throw error.sortedByLambda
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    _ = try await aws(
      Lambda.updateFunctionUrlConfig,
      .init(
        functionName: observed.function, authType: desired.authType,
        // An empty one takes away what is there, with all that belongs to it.
        cors: changes.contains(\.allowedOrigins) ? .init(allowOrigins: desired.allowedOrigins) : nil,
        invokeMode: desired.invokeMode))
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Lambda.deleteFunctionUrlConfig, .init(functionName: observed.function))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.function, key: observed.function, owner: .parent)
  }
}
