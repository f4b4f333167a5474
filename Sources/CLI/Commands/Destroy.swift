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

  @Option(name: .long, help: ArgumentHelp("The stack's name, to confirm without a prompt.", valueName: "name"))
  var confirm: String?

  @Flag(name: .customLong("keep-data"), help: "Leave everything that holds data, and what it needs, as it is.")
  var keepData = false

  @Flag(name: .customLong("discard-data"), help: "Take no last snapshot.")
  var discardData = false

  func validate() throws {
    guard !(keepData && discardData) else {
      throw ValidationError("-keep-data and -discard-data contradict each other")
    }
  }

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let (_, stack) = try context.loadSpec(spec)
    let session = try await Session(stack, in: context)
    let decision = try await session.decide(for: .destroy(policy(context)))
    if !decision.plan.isEmpty {
      context.console.tell(PlanView(plan: decision.plan, style: context.console.storyStyle, concise: true).text)
      try approve(stack.name, in: context)
    }
    return await session.carryOut(decision, approval, in: context, as: output.format)
  }

  private func policy(_ context: Context) -> Plan.DataPolicy {
    if keepData { return .keep }
    return discardData ? .discard : .snapshot(stamp: context.stamp())
  }

  private func approve(_ name: String, in context: Context) throws(Stop) {
    let given = confirm ?? context.console.ask("This takes the stack down. Type its name (\(name)) to go ahead: ")
    guard let given else {
      throw .usage("there is nobody to ask: this is no terminal", "say -confirm \(name)")
    }
    guard given == name else {
      throw .usage("\"\(given)\" is not the stack's name: nothing was changed", "the name is \"\(name)\"")
    }
  }
}
