// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIIAM
internal import AWSClient
internal import Core
internal import ResourceKit
internal import Resources

// aws: iam GetAccountSummary

/// Has the account room for the stack's roles? It may have a thousand, and old accounts are full of forgotten ones.
struct RoleQuota: AccountQuestion {
  struct Answer: Sendable, Hashable {
    var used: Int
    var most: Int
  }

  private static let quota = Quota(service: "iam", code: "L-FE177D64", name: "IAM roles", isGlobal: true)

  init?(_ graph: Graph) {
    if graph.ofKind(IAMRole.name).isEmpty { return nil }
  }

  var subject: String { "the account has room for the stack's roles" }

  func matters(to plan: Plan) -> Bool { plan.added(IAMRole.name) > 0 }

  func ask(_ aws: AWS) async throws(CallError) -> Answer {
    let summary = try await aws(IAM.getAccountSummary, .init()).summaryMap ?? [:]
    guard let used = summary["Roles"], let most = summary["RolesQuota"] else {
      throw .incompleteAnswer("iam GetAccountSummary")
    }
    return Answer(used: used, most: most)
  }

  func judge(_ answer: Answer, _ prospect: Prospect) -> [Diagnostic] {
    let plan = prospect.plan
    return [
      Self.quota.shortage(used: answer.used, of: answer.most, more: plan.added(IAMRole.name), in: plan.region)
    ].compactMap(\.self)
  }
}
