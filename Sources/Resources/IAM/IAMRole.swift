// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIIAM
package import AWSClient
package import Core
package import ResourceKit

// aws: iam CreateRole DeleteRole GetAccountAuthorizationDetails GetRole ListRoles UpdateRole UpdateAssumeRolePolicy
// aws: iam ListRolePolicies GetRolePolicy PutRolePolicy DeleteRolePolicy
// aws: iam ListAttachedRolePolicies AttachRolePolicy DetachRolePolicy
// aws: iam PutRolePermissionsBoundary DeleteRolePermissionsBoundary TagRole UntagRole

/// A role that an AWS service takes on for the stack, with all its policies.
///
/// Policies are compared as a whole: an inline policy or an attachment that somebody else has added to the role is a
/// difference and is taken away, because whoever can add one has the role's rights. A role is found by the stack's
/// path; AWS's tagging service does not know roles reliably.
package enum IAMRole: ResourceKind {
  package static let name: KindName = "iam/role"
  package static let identity: Identity = .name

  package struct Desired: Sendable {
    package var name: String
    /// `/harecon/payments/`.
    package var path: String
    package var description: String
    /// Who may take on the role; JSON.
    package var trust: String
    /// Name → JSON.
    package var inlinePolicies: [String: String]
    /// ARNs of managed policies.
    package var attachedPolicies: [String]
    package var permissionsBoundary: String?
    /// Seconds.
    package var maxSession: Int
    package var tags: [String: String]

    package init(
      name: String, path: String, description: String, trust: String, inlinePolicies: [String: String] = [:],
      attachedPolicies: [String] = [], permissionsBoundary: String? = nil, maxSession: Int = 3600,
      tags: [String: String]
    ) {
      self.name = name
      self.path = path
      self.description = description
      self.trust = trust
      self.inlinePolicies = inlinePolicies
      self.attachedPolicies = attachedPolicies
      self.permissionsBoundary = permissionsBoundary
      self.maxSession = maxSession
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    /// Unique for ever: a role that is made again under its name and ARN has another one.
    package var uniqueID: String
    package var path: String
    package var description: String
    package var trust: String
    package var inlinePolicies: [String: String]
    package var attachedPolicies: [String]
    package var permissionsBoundary: String?
    package var maxSession: Int
    package var tags: [String: String]
    /// The region that was asked from: roles belong to none.
    package var seenFrom: String
  }

  package static let isGlobal = true

  package static let attributes: [Attribute<Self>] = [
    Attribute(
      "path", \.path, \.path, .refuse(wayOut: "a role keeps its path: delete the role of that name or rename the stack")
    ),
    Attribute("description", \.description, \.description),
    Attribute("trust", \.trust, \.trust, equality: .policy),
    Attribute("inlinePolicies", \.inlinePolicies, \.inlinePolicies, equality: .policy),
    Attribute("attachedPolicies", \.attachedPolicies, \.attachedPolicies, equality: .unordered),
    Attribute("permissionsBoundary", \.permissionsBoundary, \.permissionsBoundary),
    Attribute("maxSession", \.maxSession, \.maxSession),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [
    Output("name", \.name), Output("arn", \.arn), Output("uniqueID", \.uniqueID),
  ]

  package static func key(for desired: Desired) -> String? { desired.name }

  /// IAM gives documents back percent-encoded.
  static func decoded(_ document: String?) -> String {
    var bytes: [UInt8] = []
    var rest = Array((document ?? "").utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest.removeFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      IAM.createRole,
      .init(
        roleName: desired.name, assumeRolePolicyDocument: desired.trust, path: desired.path,
        description: desired.description, maxSessionDuration: desired.maxSession,
        permissionsBoundary: desired.permissionsBoundary,
        tags: desired.tags.sorted { $0.key < $1.key }.map { IAM.Tag(key: $0.key, value: $0.value) }))
    try await setInline(of: desired.name, from: [:], to: desired.inlinePolicies, aws)
    try await setAttached(of: desired.name, from: [], to: desired.attachedPolicies, aws)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    let name = observed.name
    // Limits before rights: at no moment may the role do more than the old or the new spec allows.
    if changes.contains(\.permissionsBoundary) { try await bound(name, by: desired.permissionsBoundary, aws) }
    if changes.contains(\.trust) {
      _ = try await aws(IAM.updateAssumeRolePolicy, .init(roleName: name, policyDocument: desired.trust))
    }
    if changes.contains(\.inlinePolicies) {
      try await setInline(of: name, from: observed.inlinePolicies, to: desired.inlinePolicies, aws)
    }
    if changes.contains(\.attachedPolicies) {
      try await setAttached(of: name, from: observed.attachedPolicies, to: desired.attachedPolicies, aws)
    }
    if changes.containsAny(\.description, \.maxSession) {
      _ = try await aws(
        IAM.updateRole,
        .init(roleName: name, description: desired.description, maxSessionDuration: desired.maxSession))
    }
    if changes.contains(\.tags) { try await retag(name, from: observed.tags, to: desired.tags, aws) }
  }

  private static func bound(_ role: String, by boundary: String?, _ aws: AWS) async throws(CallError) {
    if let boundary {
      _ = try await aws(IAM.putRolePermissionsBoundary, .init(roleName: role, permissionsBoundary: boundary))
    } else {
      _ = try await aws(IAM.deleteRolePermissionsBoundary, .init(roleName: role))
    }
  }

  private static func setInline(
    of role: String, from observed: [String: String], to desired: [String: String], _ aws: AWS
  ) async throws(CallError) {
    for name in observed.keys.sorted() where desired[name] == nil {
      _ = try await ifThere { () async throws(CallError) in
        try await aws(IAM.deleteRolePolicy, .init(roleName: role, policyName: name))
      }
    }
    for (name, document) in desired.sorted(by: { $0.key < $1.key }) where observed[name] != document {
      _ = try await aws(IAM.putRolePolicy, .init(roleName: role, policyName: name, policyDocument: document))
    }
  }

  private static func setAttached(
    of role: String, from observed: [String], to desired: [String], _ aws: AWS
  ) async throws(CallError) {
    for arn in observed where !desired.contains(arn) {
      _ = try await ifThere { () async throws(CallError) in
        try await aws(IAM.detachRolePolicy, .init(roleName: role, policyArn: arn))
      }
    }
    for arn in desired where !observed.contains(arn) {
      _ = try await aws(IAM.attachRolePolicy, .init(roleName: role, policyArn: arn))
    }
  }

  private static func retag(
    _ role: String, from observed: [String: String], to desired: [String: String], _ aws: AWS
  ) async throws(CallError) {
    let changes = TagChanges(from: observed, to: desired)
    if !changes.set.isEmpty {
      let tags = changes.set.map { IAM.Tag(key: $0.key, value: $0.value) }
      _ = try await aws(IAM.tagRole, .init(roleName: role, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(IAM.untagRole, .init(roleName: role, tagKeys: changes.remove))
    }
  }

  /// AWS deletes only a role that has no policies left.
  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await setAttached(of: observed.name, from: observed.attachedPolicies, to: [], aws)
    try await setInline(of: observed.name, from: observed.inlinePolicies, to: [:], aws)
    _ = try await aws(IAM.deleteRole, .init(roleName: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags, in: observed.seenFrom))
  }
}
