// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILambda
internal import AWSClient
internal import Core
internal import ResourceKit
internal import Resources

// aws: lambda GetAccountSettings

/// Is there enough of the account's concurrency to keep some free for each function?
///
/// An account of a thousand may reserve nine hundred, a young one of ten or fifty nothing.
struct ReservedConcurrency: AccountQuestion {
  struct Answer: Sendable, Hashable {
    /// What the account may run at once.
    var all: Int
    /// What no function has reserved.
    var unreserved: Int
  }

  /// AWS reserves nothing of the last hundred (Lambda developer guide, "Configuring reserved concurrency"). A young account
  /// may run ten or fifty functions at once, and all of those stay unreserved: "decreases account's
  /// UnreservedConcurrentExecution below its minimum value of [10]".
  private static let keptByAWS = 100
  private static let quota = Quota(service: "lambda", code: "L-B99A9384", name: "concurrent executions")

  init?(_ graph: Graph) {
    guard graph.wishes(LambdaFunction.self).contains(where: { $0.desired.reservedConcurrency != nil }) else {
      return nil
    }
  }

  var subject: String { "the account has the concurrency that the functions reserve" }

  func matters(to plan: Plan) -> Bool { Self.reserved(by: plan) > 0 }

  /// What the plan reserves on top of what the stack's functions have reserved already.
  private static func reserved(by plan: Plan) -> Int {
    plan.changes(of: "reservedConcurrency", LambdaFunction.name)
      .reduce(0) { $0 + (Int($1.new) ?? 0) - (Int($1.old) ?? 0) }
  }

  func ask(_ aws: AWS) async throws(CallError) -> Answer {
    let limits = try await aws(Lambda.getAccountSettings, .init()).accountLimit
    guard let all = limits?.concurrentExecutions, let unreserved = limits?.unreservedConcurrentExecutions else {
      throw .incompleteAnswer("lambda GetAccountSettings")
    }
    return Answer(all: all, unreserved: unreserved)
  }

  func judge(_ answer: Answer, _ prospect: Prospect) -> [Diagnostic] {
    let more = Self.reserved(by: prospect.plan)
    let needed = answer.all - answer.unreserved + more + Self.keptByAWS
    guard more > 0, needed > answer.all else { return [] }
    let reason =
      answer.all <= Self.keptByAWS
      ? "the account may run \(answer.all) at once, of which AWS lets nothing be reserved"
      : "of the account's \(answer.all), \(answer.unreserved) are not reserved, and \(Self.keptByAWS) have to stay so"
    return [
      Diagnostic(
        .error, rule: "preflight.concurrency", "the functions reserve \(more) more concurrent executions; \(reason)",
        hint: "ask AWS for more: \(Self.quota.request(for: needed, in: prospect.plan.region))")
    ]
  }
}

extension CallError {
  /// AWS's answer lacks what its model promises.
  static func incompleteAnswer(_ operation: String) -> CallError {
    CallError(
      .unavailable, code: "IncompleteAnswer", message: "the answer does not say what was asked", operation: operation)
  }
}
