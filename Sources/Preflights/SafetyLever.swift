// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIFIS
internal import AWSClient
internal import Core
internal import ResourceKit
internal import Resources

// aws: fis GetSafetyLever

/// Can drills start? The account's safety lever, once pulled, stops every experiment and lets none begin.
///
/// The stack is made all the same: it is the drills that are missing until somebody lets go.
struct SafetyLever: AccountQuestion {
  struct Answer: Sendable, Hashable {
    /// `disengaged`, `engaging`, `engaged`.
    var status: String
    var reason: String
  }

  private let drills: Set<Address>

  init?(_ graph: Graph) {
    drills = Set(graph.ofKind(ExperimentTemplate.name).map(\.address))
    if drills.isEmpty { return nil }
  }

  var subject: String { "the account lets drills start" }

  static let isForAnyPlan = true

  /// Also to a plan that changes nothing: a drill that does not start is missed by nobody.
  func matters(to plan: Plan) -> Bool {
    plan.changes.contains { drills.contains($0.address) }
  }

  func ask(_ aws: AWS) async throws(CallError) -> Answer {
    // The one lever of an account and region.
    let state = try await aws(FIS.getSafetyLever, .init(id: "default")).safetyLever?.state
    guard let status = state?.status else { throw .incompleteAnswer("fis GetSafetyLever") }
    return Answer(status: status, reason: state?.reason ?? "")
  }

  func judge(_ answer: Answer, _ prospect: Prospect) -> [Diagnostic] {
    guard answer.status != "disengaged" else { return [] }
    let reason = answer.reason.isEmpty ? "" : ": \"\(answer.reason)\""
    return [
      Diagnostic(
        .warning, rule: "preflight.safety-lever",
        "no drill starts, because the account's FIS safety lever is \(answer.status)\(reason)",
        hint: "when drills may run again: aws fis update-safety-lever-state --id default"
          + " --state 'status=disengaged,reason=...' --region \(prospect.plan.region)")
    ]
  }
}
