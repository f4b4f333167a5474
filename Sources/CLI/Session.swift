// SPDX-License-Identifier: Apache-2.0

internal import AWSAPISTS
internal import AWSClient
internal import Blueprint
internal import Core
internal import Engine
internal import Preflights
internal import Resources
internal import Spec

// aws: sts GetCallerIdentity

/// One stack in one account: what all commands that call AWS begin with.
struct Session: Sendable {
  let stack: Stack
  let graph: Graph
  let kinds: [Kind]
  let aws: AWS
  let log: CallLog

  init(_ stack: Stack, in context: Context) async throws(Stop) {
    let client = try await context.client(region: stack.region)
    self.stack = stack
    aws = client.aws
    log = client.log
    kinds = Registry.kinds(aws)
    graph = StackBlueprint(stack).graph
  }

  var calls: Int { log.total.attempts }

  var survey: Survey {
    let planner = Planner(kinds, account: stack.account, region: stack.region)
    return Survey(Observer(kinds), planner) { [aws] graph in AccountQuestions.preflights(for: graph, aws) }
  }

  /// Looks at everything, once, and decides.
  ///
  /// - Returns: the ARN of who asks for it, too.
  func decide(
    for purpose: Plan.Purpose, targets: Set<Address> = []
  ) async throws(Stop) -> (decision: Decision, caller: String) {
    async let identity = identity()
    async let decided = decision(for: purpose, targets)
    let (found, decision) = (await identity, await decided)
    let caller = try check(found.get())
    return (try decision.get(), caller)
  }

  private func decision(for purpose: Plan.Purpose, _ targets: Set<Address>) async -> Result<Decision, Stop> {
    do throws(Stop) {
      return .success(try await survey.decide(graph, for: purpose, targets: targets))
    } catch {
      return .failure(error)
    }
  }

  /// Refuses credentials of another account than the spec's.
  ///
  /// - Returns: the ARN of whose they are.
  @discardableResult
  func checkAccount() async throws(Stop) -> String {
    try check(await identity().get())
  }

  /// Refuses a spec, read anew, of another stack than that which this session began with: everything here is made for that one.
  func mustStillBe(_ wanted: Stack) throws(Stop) {
    let moved = [
      ("name", stack.name, wanted.$name), ("account", stack.account, wanted.$account),
      ("region", stack.region, wanted.$region),
    ].filter { $0.1 != $0.2.value }
    guard moved.isEmpty else {
      throw Stop(
        .invalid,
        moved.map { field, old, new in
          Diagnostic(
            .error, rule: "reconcile.other-stack",
            "\"\(field)\" in the spec was \"\(old)\" at the start and is \"\(new.value)\" now: that is another stack",
            span: new.span, hint: "put \"\(old)\" back, or stop this reconcile and start another for that stack")
        })
    }
  }

  private func identity() async -> Result<STS.GetCallerIdentityOutput, Stop> {
    do throws(CallError) {
      return .success(try await aws(STS.getCallerIdentity, .init()))
    } catch {
      return .failure(Stop(error))
    }
  }

  /// - Returns: the caller's ARN.
  private func check(_ identity: STS.GetCallerIdentityOutput) throws(Stop) -> String {
    let account = identity.account ?? ""
    guard account != stack.account else { return identity.arn ?? "" }
    throw Stop(
      .denied,
      [
        Diagnostic(
          .error, rule: "account.other",
          "these credentials are for account \"\(account)\", and the spec is for account \"\(stack.account)\"",
          span: stack.$account.span,
          hint: "use credentials of account \(stack.account) (AWS_PROFILE), or correct \"account\" in the spec")
      ])
  }
}

extension Stop {
  /// A call that stands between the command and everything else has failed.
  init(_ error: CallError) {
    let code: ExitCode =
      switch error.category {
      case .denied: .denied
      case .cancelled: .incomplete
      // What was to be called, and not what it answered: the environment or the spec is wrong.
      case .invalid where ["InvalidEndpoint", "UnknownRegion"].contains(error.code): .invalid
      case .notFound, .alreadyExists, .throttled, .conflict, .invalid, .unavailable, .ambiguous: .error
      }
    var (error, notes) = (error, [String]())
    if error.code == "NoCredentials", let colon = error.message.firstRange(of: ": ") {
      // The sources that were tried stand one to a line.
      notes = error.message[colon.upperBound...].split(separator: "; ").map { "tried \($0)" }
      error.message = String(error.message[..<colon.lowerBound])
    }
    let rule = "aws.\(error.category.rawValue)"
    self.init(code, [Diagnostic(.error, rule: rule, error.description, hint: error.nextStep, notes: notes)])
  }
}
