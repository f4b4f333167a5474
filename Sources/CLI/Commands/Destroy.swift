// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Engine
internal import Spec

struct Destroy: Command {
  static let configuration = CommandConfiguration(
    commandName: "destroy",
    abstract: "Take the stack down; a last snapshot is kept unless you say otherwise.",
    discussion: """
      Needs the stack's name, typed at the prompt or given with -confirm. Deletion protection is switched off as part of it.
      """)

  @OptionGroup var spec: SpecOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var approval: ApprovalOptions
  @OptionGroup var work: ParallelismOptions
  @OptionGroup var confirmation: ConfirmationOptions
  @OptionGroup var data: DataOptions

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let (_, stack) = try context.loadSpec(spec)
    let session = try await Session(stack, in: context)
    let (decision, caller) = try await session.decide(for: .destroy(data.policy(stamp: context.stamp())))
    if !decision.plan.isEmpty {
      context.console.tell(PlanView(plan: decision.plan, style: context.console.storyStyle, concise: true).text)
      try confirmation.mustName(stack.name, autoApproved: approval.autoApprove, in: context)
    }
    return await session.carryOut(
      decision, work, trail: session.trail(of: "destroy", by: caller, in: context), in: context, as: output.format)
  }
}
