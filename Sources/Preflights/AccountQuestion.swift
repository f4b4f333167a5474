// SPDX-License-Identifier: Apache-2.0

package import AWSClient
package import Core

/// Something that the account must have for a stack to be made, as its author writes it: what is asked, and what the
/// answer means.
///
/// The operations that `ask` calls stand above the conforming type as above a kind: `// aws: fis GetSafetyLever`; the
/// API slice and the policies of `harecon iam` are made from them. They read, and their number does not grow with the
/// stack.
protocol AccountQuestion: Sendable {
  associatedtype Answer: Sendable

  /// What is not known without an answer, after "whether": `version 15.10 can be ordered`.
  var subject: String { get }

  /// nil when a stack as this has no need of it.
  init?(_ graph: Graph)

  /// Whether it is asked beside the listings of the stack's resources and not only for a plan that it matters to, which
  /// takes longer.
  static var isForAnyPlan: Bool { get }

  /// Whether anything that the plan would do depends on the answer: nobody is told of what does not concern them.
  func matters(to plan: Plan) -> Bool

  func ask(_ aws: AWS) async throws(CallError) -> Answer

  /// What stands against the plan (errors), and what is good to know (warnings, notes).
  func judge(_ answer: Answer, _ prospect: Prospect) -> [Diagnostic]
}

extension AccountQuestion {
  static var isForAnyPlan: Bool { false }
}

/// All questions.
package enum AccountQuestions {
  /// Those that the graph gives rise to.
  package static func preflights(for graph: Graph, _ aws: AWS) -> [Preflight] {
    [
      preflight(OrderableDatabase.self, graph, aws), preflight(EndpointServices.self, graph, aws),
      preflight(ReservedConcurrency.self, graph, aws), preflight(DatabaseQuotas.self, graph, aws),
      preflight(NetworkQuota.self, graph, aws), preflight(RuleQuota.self, graph, aws),
      preflight(RoleQuota.self, graph, aws), preflight(LogPolicyQuota.self, graph, aws),
      preflight(SafetyLever.self, graph, aws),
    ].compactMap(\.self)
  }

  private static func preflight<Q: AccountQuestion>(_ kind: Q.Type, _ graph: Graph, _ aws: AWS) -> Preflight? {
    Q(graph).map { Preflight($0, aws) }
  }
}

extension Preflight {
  init<Question: AccountQuestion>(_ question: Question, _ aws: AWS) {
    self.init(isForAnyPlan: Question.isForAnyPlan, matters: { question.matters(to: $0) }) {
      let answer: Result<Question.Answer, CallError>
      do throws(CallError) {
        answer = .success(try await question.ask(aws))
      } catch {
        answer = .failure(error)
      }
      return { prospect in
        switch answer {
        case .success(let answer): return question.judge(answer, prospect)
        case .failure(let error): return [.unanswered(question.subject, error)]
        }
      }
    }
  }
}

extension Diagnostic {
  /// The account gave no answer: the plan stands, and what it needs shows when it is carried out.
  static func unanswered(_ subject: String, _ error: CallError) -> Diagnostic {
    switch error.category {
    case .denied:
      Diagnostic(
        .note, rule: "preflight.unanswered",
        "it is not known whether \(subject): \"\(error.action)\" is not allowed",
        hint: "allow it; \"harecon iam plan\" prints the policy")
    case .notFound, .alreadyExists, .throttled, .conflict, .invalid, .unavailable, .ambiguous, .cancelled:
      Diagnostic(
        .note, rule: "preflight.unanswered", "it is not known whether \(subject): \(error)",
        hint: "plan again later, or go on: what is missing then shows at the call that needs it")
    }
  }
}

extension CallError {
  /// The action that IAM asked for: `rds:DescribeAccountAttributes`. Service Quotas is written in one word there.
  fileprivate var action: String {
    (operation ?? code).replacing("service-quotas ", with: "servicequotas ").replacing(" ", with: ":")
  }
}
