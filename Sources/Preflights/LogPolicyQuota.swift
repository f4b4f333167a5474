// SPDX-License-Identifier: Apache-2.0

internal import AWSClient
internal import Core
internal import ResourceKit
internal import Resources

/// Is there a place left among the account's few resource policies of CloudWatch Logs?
///
/// Nothing has to be asked for it: the listing of these policies is of all that the region has, and AWS gives nobody
/// more of them (CloudWatch Logs user guide, "Quotas").
struct LogPolicyQuota: AccountQuestion {
  private static let most = 10

  init?(_ graph: Graph) {
    if graph.ofKind(LogResourcePolicy.name).isEmpty { return nil }
  }

  var subject: String { "the account may have another resource policy of CloudWatch Logs" }

  func matters(to plan: Plan) -> Bool { plan.added(LogResourcePolicy.name) > 0 }

  func ask(_ aws: AWS) async throws(CallError) {}

  func judge(_ answer: Void, _ prospect: Prospect) -> [Diagnostic] {
    let used = prospect.seen[LogResourcePolicy.name]?.count ?? 0
    let more = prospect.plan.added(LogResourcePolicy.name)
    guard used + more > Self.most else { return [] }
    return [
      Diagnostic(
        .error, rule: "preflight.quota",
        "a region takes \(Self.most) resource policies of CloudWatch Logs and has \(used): the plan needs \(more) more",
        hint: "AWS raises this quota for nobody: join or delete some of those that"
          + " \"aws logs describe-resource-policies\" shows")
    ]
  }
}
