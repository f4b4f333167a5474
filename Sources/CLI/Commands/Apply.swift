// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Engine

struct Apply: Command {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Make the stack as the spec says, or carry out exactly a saved plan.")

  @Argument(help: ArgumentHelp("A plan saved by plan -out; refused when anything has moved since.", valueName: "plan"))
  var plan: String?

  @OptionGroup var spec: SpecOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var approval: ApprovalOptions
  @OptionGroup var work: ParallelismOptions
  @OptionGroup var confirmation: ConfirmationOptions

  @Option(
    name: .long, help: ArgumentHelp("Only this resource and what it needs; may be repeated.", valueName: "address"))
  var target: [String] = []

  func validate() throws {
    guard plan == nil || (spec.file == nil && target.isEmpty) else {
      throw ValidationError("a saved plan says what it is for: -f and -target do not go with it")
    }
    guard plan != nil || confirmation.confirm == nil else {
      throw ValidationError("-confirm is for a saved plan that takes the stack down")
    }
  }

  func run(in context: Context) async throws(Stop) -> ExitCode {
    if let plan {
      guard !plan.hasSuffix(".yaml"), !plan.hasSuffix(".yml") else {
        throw .usage(
          "\"\(plan)\" is a spec, and what apply takes without -f is a saved plan", "harecon apply -f \(plan)")
      }
      return try await apply(PlanFile.read(plan), in: context)
    }
    let (_, stack) = try context.loadSpec(spec)
    let session = try await Session(stack, in: context)
    let (decision, caller) = try await session.decide(for: .converge, targets: addresses(target))
    if decision.plan.isEmpty {
      // A drill that cannot start is no less missing when there is nothing to do.
      context.tell(decision.plan.notes)
    } else {
      context.console.tell(PlanView(plan: decision.plan, style: context.console.storyStyle).text)
      try approve("Apply these changes?", in: context)
    }
    return await session.carryOut(
      decision, work, trail: session.trail(of: "apply", by: caller, in: context), in: context, as: output.format)
  }

  /// What was saved is carried out only if deciding again now comes to the same.
  ///
  /// To have saved it is the approval of a change, not of a removal: that needs the stack's name here as in `destroy`.
  private func apply(_ saved: SavedPlan, in context: Context) async throws(Stop) -> ExitCode {
    let spec = LoadedSpec(file: saved.specFile, bytes: Array(saved.specText.utf8), today: nil)
    let session = try await Session(context.stack(of: spec), in: context)
    let (decision, caller) = try await session.decide(for: saved.plan.purpose, targets: saved.plan.targets)
    try saved.plan.mustStillHold(decision.plan)
    switch saved.plan.purpose {
    case .converge:
      if decision.plan.isEmpty { context.tell(decision.plan.notes) }
    case .destroy:
      guard !decision.plan.isEmpty else { break }
      context.console.tell(PlanView(plan: decision.plan, style: context.console.storyStyle, concise: true).text)
      try confirmation.mustName(saved.plan.stack, in: context)
    }
    return await session.carryOut(
      decision, work, trail: session.trail(of: "apply", by: caller, in: context), in: context, as: output.format)
  }

  private func approve(_ question: String, in context: Context) throws(Stop) {
    guard !approval.autoApprove else { return }
    guard context.console.canAsk else {
      throw .usage(
        "there is nobody to ask: this is no terminal", "say -auto-approve, or apply a plan saved by plan -out")
    }
    guard context.console.ask("\(question) Only \"yes\" goes ahead: ") == "yes" else {
      throw Stop(
        .refused,
        [
          Diagnostic(
            .error, rule: "cli.not-approved", "not approved: nothing was changed",
            hint: "run the command again when you are ready")
        ])
    }
  }
}

extension Stop {
  /// The command line, or what was answered, does not go.
  static func usage(_ message: String, _ hint: String) -> Stop {
    Stop(.invalid, [Diagnostic(.error, rule: "cli.usage", message, hint: hint)])
  }
}
