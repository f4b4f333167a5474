// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Core
internal import Engine
internal import FoundationEssentials
internal import Spec

struct PlanCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what apply would change, without changing anything.")

  @OptionGroup var spec: SpecOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .long, help: ArgumentHelp("Save the plan for apply; it holds no secret.", valueName: "plan"))
  var out: String?

  @Flag(name: .customLong("detailed-exitcode"), help: "Exit 2 when there are changes.")
  var detailedExitCode = false

  @Option(
    name: .long, help: ArgumentHelp("Only this resource and what it needs; may be repeated.", valueName: "address"))
  var target: [String] = []

  @Flag(name: .long, help: "Plan the removal of the whole stack.")
  var destroy = false

  @OptionGroup var data: DataOptions

  @Flag(name: .long, help: "Leave out the attributes.")
  var concise = false

  func validate() throws {
    guard !destroy || target.isEmpty else {
      throw ValidationError("-destroy takes the whole stack down: -target does not go with it")
    }
    guard destroy || !(data.keepData || data.discardData) else {
      throw ValidationError("-keep-data and -discard-data say what -destroy does with data: give it too")
    }
  }

  func run(in context: Context) async throws(Stop) -> ExitCode {
    if let out {
      try mustHaveAFolder(out)
      try mustNotBeSomethingElse(out)
    }
    let (loaded, stack) = try context.loadSpec(spec)
    let session = try await Session(stack, in: context)
    let purpose: Plan.Purpose = destroy ? .destroy(data.policy(stamp: context.stamp())) : .converge
    let (decision, _) = try await session.decide(for: purpose, targets: addresses(target))
    let plan = decision.plan
    let failover = destroy ? nil : FailoverView(stack)
    let report = PlanReport(plan: plan, calls: session.calls, failover: failover, concise: concise)
    context.console.render(report, as: output.format)
    if let out {
      try save(
        SavedPlan(plan: plan, specFile: loaded.file, specText: String(decoding: loaded.bytes, as: UTF8.self)), to: out)
      let confirmation = destroy && !plan.isEmpty ? " -confirm \(stack.name)" : ""
      context.console.tell("saved to \(out); carry it out with: harecon apply \(out)\(confirmation)")
    }
    return detailedExitCode && !plan.isEmpty ? .changesPending : .done
  }

  /// Said before the plan is made, which takes its time.
  private func mustHaveAFolder(_ path: String) throws(Stop) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    guard !FileManager.default.isWritableFile(atPath: folder) else { return }
    throw .unwritable(FileError(path: path, message: "its folder \"\(folder)\" is not there, or may not be written to"))
  }

  /// A plan may take the place of an older plan, and of nothing else.
  private func mustNotBeSomethingElse(_ path: String) throws(Stop) {
    guard let bytes = try? DurableFile.read(path, limit: PlanFile.largest), !bytes.isEmpty else { return }
    guard (try? PlanFile.decode(bytes)) == nil else { return }
    throw .usage("\"\(path)\" is there and is no plan", "give -out another name, or remove it first")
  }

  private func save(_ plan: SavedPlan, to path: String) throws(Stop) {
    do throws(FileError) {
      try PlanFile.write(plan, to: path)
    } catch {
      throw .unwritable(error)
    }
  }
}

/// The addresses that the command line names.
func addresses(_ texts: [String]) throws(Stop) -> Set<Address> {
  var result: Set<Address> = []
  for text in texts {
    guard let address = Address(parsing: text) else {
      throw Stop(
        .invalid,
        [
          Diagnostic(
            .error, rule: "cli.address", "\"\(text)\" is no address",
            hint: "addresses read kind.name, as in rds/cluster.main; plan shows them")
        ])
    }
    result.insert(address)
  }
  return result
}
