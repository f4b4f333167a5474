// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILogs
package import AWSClient
package import Core
package import ResourceKit

// aws: logs DescribeResourcePolicies PutResourcePolicy DeleteResourcePolicy

/// A policy of the account that lets services of AWS write to log groups: EventBridge, Route 53.
///
/// An account has at most ten of them in a region, none of which carries tags. So ours say whose they are in the `Sid` of
/// one statement, after the spec's own: `TrustEventsHareconSpaymentsNevents`. A policy with our name and without that is
/// somebody else's and is never touched. Policies of single log groups are other resources and are not looked at.
package enum LogResourcePolicy: ResourceKind {
  package static let name: KindName = "logs/resource-policy"
  package static let identity: Identity = .name

  package struct Desired: Sendable {
    /// Starts with the stack's name.
    package var name: String
    /// Only `logs:CreateLogStream` and `logs:PutLogEvents`, only for services.
    package var document: JSONDocument
    let mark: PolicyMark

    /// - Parameters:
    ///   - stack: whose it is.
    ///   - resource: the name of its node.
    package init(name: String, document: JSONDocument, stack: String, resource: String) {
      self.name = name
      self.document = document
      mark = PolicyMark(stack: stack, resource: resource)
    }
  }

  package struct Observed: Sendable {
    package var name: String
    /// Without the mark.
    package var document: JSONDocument
    let mark: PolicyMark?
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("document", \.document, \.document, equality: .policy)
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    // All of them, others' too: an account has few, and how many is of interest.
    try await aws.all(Logs.describeResourcePolicies, .init(), \.resourcePolicies).compactMap(Observed.init)
      .filter { policy in query.focusName.map { $0 == policy.name } ?? true }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    try await put(desired, aws)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    try await put(desired, aws)
  }

  private static func put(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let text = try desired.document.now()
    guard let policy = try? JSON(parsing: text) else {
      throw CallError(
        .invalid, code: "MalformedPolicy", message: "the policy \"\(desired.name)\" is not JSON: write it as JSON")
    }
    _ = try await aws(
      Logs.putResourcePolicy,
      .init(policyName: desired.name, policyDocument: desired.mark.applied(to: policy).text()))
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(Logs.deleteResourcePolicy, .init(policyName: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: observed.mark?.owner ?? .nobody)
  }
}

extension LogResourcePolicy.Observed {
  fileprivate init?(_ policy: Logs.ResourcePolicy) {
    guard let name = policy.policyName, policy.policyScope != "RESOURCE" else { return nil }
    let text = policy.policyDocument ?? ""
    guard let json = try? JSON(parsing: text) else {
      self.init(name: name, document: JSONDocument(text: text), mark: nil)
      return
    }
    let (mark, plain) = PolicyMark.separated(from: json)
    self.init(name: name, document: JSONDocument(text: plain.text()), mark: mark)
  }
}
