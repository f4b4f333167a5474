// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
package import AWSClient
package import Core
package import ResourceKit

// aws: lambda AddPermission RemovePermission

/// One statement of a function's policy: who may call it, and from where.
///
/// AWS has no call that changes a statement: it is taken out and added anew, and for that moment nobody may call by it. A statement that
/// somebody else has added to a function of the stack is taken out, because whoever it names can make the function act.
///
/// A function URL for everybody needs two: `lambda:InvokeFunctionUrl` with `urlAuthType` `NONE`, and since October 2025
/// `lambda:InvokeFunction` with `onlyThroughURL`. With one of them every call is answered 403.
package enum FunctionPermission: ResourceKind {
  package static let name: KindName = "lambda/permission"
  package static let identity: Identity = .parent
  package static let parent: KindName? = LambdaFunction.name
  package static let follows: [KindName] = [LambdaFunction.name]

  package struct Desired: Sendable {
    /// The function's name.
    package var function: Input<String>
    /// Names the statement: letters, digits, `-` and `_`.
    package var statement: String
    /// `lambda:InvokeFunction` or `lambda:InvokeFunctionUrl`.
    package var action: String
    /// A service such as `events.amazonaws.com`, an account, a role's ARN, or `*`.
    package var principal: String
    /// Which rule, topic or secret may call. A service without one, and without an account, would call for anybody.
    package var sourceARN: Input<String>?
    /// The account that the source must be of.
    package var sourceAccount: String?
    /// The organisation that the caller must be of.
    package var organization: String?
    /// `NONE` or `AWS_IAM`.
    package var urlAuthType: String?
    /// Only calls that come through the function's URL.
    package var onlyThroughURL: Bool

    package init(
      function: Input<String>, statement: String, action: String = "lambda:InvokeFunction", principal: String,
      sourceARN: Input<String>? = nil, sourceAccount: String? = nil, organization: String? = nil,
      urlAuthType: String? = nil, onlyThroughURL: Bool = false
    ) {
      self.function = function
      self.statement = statement
      self.action = action
      self.principal = principal
      self.sourceARN = sourceARN
      self.sourceAccount = sourceAccount
      self.organization = organization
      self.urlAuthType = urlAuthType
      self.onlyThroughURL = onlyThroughURL
    }
  }

  package struct Observed: Sendable {
    let function: String
    let live: FunctionPolicy.Statement

    var statement: String { live.id }
    var action: String { live.action }
    var principal: String { live.principal }
    var sourceARN: String? { live.sourceARN }
    var sourceAccount: String? { live.sourceAccount }
    var organization: String? { live.organization }
    var urlAuthType: String? { live.urlAuthType }
    var onlyThroughURL: Bool { live.onlyThroughURL }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("function", \.function, \.function, .replace(.createThenDelete)),
    Attribute("statement", \.statement, \.statement, .replace(.createThenDelete)),
    Attribute("action", \.action, \.action),
    Attribute("principal", \.principal, \.principal),
    Attribute("sourceARN", \.sourceARN, \.sourceARN),
    Attribute("sourceAccount", \.sourceAccount, \.sourceAccount),
    Attribute("organization", \.organization, \.organization),
    Attribute("urlAuthType", \.urlAuthType, \.urlAuthType),
    Attribute("onlyThroughURL", \.onlyThroughURL, \.onlyThroughURL),
  ]

  package static func key(for desired: Desired) -> String? {
    desired.function.known.map { key($0, desired.statement) }
  }

  private static func key(_ function: String, _ statement: String) -> String { "\(function)/\(statement)" }

  /// The functions were asked for their policies when they were looked at.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    if let focus = query.focus {
      guard let key = focus.desired.flatMap(key(for:)) ?? focus.id, let slash = key.firstIndex(of: "/") else {
        return []
      }
      let function = String(key[..<slash])
      return try await FunctionPolicy.read(of: function, aws).statements.map {
        Observed(function: function, live: $0)
      }
    }
    return query.ownFunctions.flatMap { function in
      (function.policy?.statements ?? []).map { Observed(function: function.name, live: $0) }
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = Lambda.AddPermissionInput(
      functionName: try desired.function.now(), statementId: desired.statement, action: desired.action,
      principal: desired.principal, sourceArn: try desired.sourceARN?.now(), sourceAccount: desired.sourceAccount,
      principalOrgID: desired.organization, functionUrlAuthType: desired.urlAuthType,
      invokedViaFunctionUrl: desired.onlyThroughURL ? true : nil)
    try await FunctionTurns.shared.take(try desired.function.now()) { () async throws(CallError) in
      do throws(CallError) {
        _ = try await aws(Lambda.addPermission, request)
      } catch {
        throw error.sortedByLambda
      }
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    _ = try await ifThere { () async throws(CallError) in try await remove(observed, aws) }
    try await create(desired, aws)
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await remove(observed, aws)
  }

  private static func remove(_ observed: Observed, _ aws: AWS) async throws(CallError) {
    try await FunctionTurns.shared.take(observed.function) { () async throws(CallError) in
      _ = try await aws(
        Lambda.removePermission, .init(functionName: observed.function, statementId: observed.statement))
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    let key = key(observed.function, observed.statement)
    return Facts(id: key, key: key, owner: .parent)
  }
}
