// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIIAM
package import AWSClient
package import Core
package import ResourceKit

extension IAMRole {
  /// All roles of the account with their policies come in one listing; a single one, and any for who may not see the whole
  /// account, is asked about by itself.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    if let name = query.focusName { return [try await observed(name, aws)].compactMap(\.self) }
    let (listed, details) = try await both { () async throws(CallError) in
      try await aws.all(IAM.listRoles, .init(pathPrefix: "/harecon/\(query.stack)/"), \.roles)
    } _: { () async throws(CallError) in
      try await accountDetails(aws)
    }
    let own = Dictionary(listed.compactMap { role in role.roleName.map { ($0, role) } }) { first, _ in first }
    // A role's name is unique in the account whatever its path, so that somebody else's role of our name stands where the
    // listing of our path does not look.
    let names = Set(own.keys).union(query.desired.map(\.name)).sorted()
    guard let details else {
      return try await names.concurrently { (name) async throws(CallError) in try await observed(name, aws) }
        .compactMap(\.self)
    }
    let roles = Dictionary(details.compactMap { role in role.roleName.map { ($0, role) } }) { first, _ in first }
    return names.compactMap { name in roles[name].map { Observed($0, own[name], seenFrom: aws.region) } }
  }

  /// nil for who may not see all roles of the account.
  private static func accountDetails(_ aws: AWS) async throws(CallError) -> [IAM.RoleDetail]? {
    do {
      return try await aws.all(
        IAM.getAccountAuthorizationDetails, .init(filter: ["Role"], maxItems: 1000), \.roleDetailList)
    } catch let error where error.category == .denied {
      return nil
    }
  }

  /// The role with its policies, all asked for at once; nil when there is none of that name.
  ///
  /// The listing leaves out tags and the boundary, and a role's policies have calls of their own.
  private static func observed(_ name: String, _ aws: AWS) async throws(CallError) -> Observed? {
    try await ifThere { () async throws(CallError) in
      let (role, (inline, attached)) = try await both { () async throws(CallError) in
        try await aws(IAM.getRole, .init(roleName: name)).role
      } _: { () async throws(CallError) in
        try await both { () async throws(CallError) in
          try await inlinePolicies(of: name, aws)
        } _: { () async throws(CallError) in
          try await aws.all(IAM.listAttachedRolePolicies, .init(roleName: name), \.attachedPolicies)
        }
      }
      return Observed(
        name: name, arn: role?.arn ?? "", uniqueID: role?.roleId ?? "", path: role?.path ?? "/",
        description: role?.description ?? "", trust: decoded(role?.assumeRolePolicyDocument), inlinePolicies: inline,
        attachedPolicies: attached.compactMap(\.policyArn).sorted(),
        permissionsBoundary: role?.permissionsBoundary?.permissionsBoundaryArn,
        maxSession: role?.maxSessionDuration ?? 3600,
        tags: (role?.tags ?? []).reduce(into: [:]) { tags, tag in
          if let key = tag.key { tags[key] = tag.value ?? "" }
        }, seenFrom: aws.region)
    }
  }

  private static func inlinePolicies(of role: String, _ aws: AWS) async throws(CallError) -> [String: String] {
    let names = try await aws.all(IAM.listRolePolicies, .init(roleName: role), \.policyNames)
    let documents = try await names.concurrently { (name) async throws(CallError) in
      decoded(try await aws(IAM.getRolePolicy, .init(roleName: role, policyName: name)).policyDocument)
    }
    return Dictionary(zip(names, documents)) { first, _ in first }
  }
}

extension IAMRole.Observed {
  /// - Parameter role: the same in the listing of roles, which alone knows description and longest session; nil for a role
  ///   that is not below the stack's path, and so not the stack's.
  fileprivate init(_ detail: IAM.RoleDetail, _ role: IAM.Role?, seenFrom region: String) {
    self.init(
      name: detail.roleName ?? "", arn: detail.arn ?? "", uniqueID: detail.roleId ?? "", path: detail.path ?? "/",
      description: role?.description ?? "", trust: IAMRole.decoded(detail.assumeRolePolicyDocument),
      inlinePolicies: Dictionary(
        (detail.rolePolicyList ?? []).compactMap { policy in
          policy.policyName.map { ($0, IAMRole.decoded(policy.policyDocument)) }
        }
      ) { first, _ in first },
      attachedPolicies: (detail.attachedManagedPolicies ?? []).compactMap(\.policyArn).sorted(),
      permissionsBoundary: detail.permissionsBoundary?.permissionsBoundaryArn,
      maxSession: role?.maxSessionDuration ?? 3600,
      tags: (detail.tags ?? []).reduce(into: [:]) { tags, tag in
        if let key = tag.key { tags[key] = tag.value ?? "" }
      }, seenFrom: region)
  }
}
