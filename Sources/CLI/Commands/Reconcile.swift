// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Blueprint
internal import Core
internal import Engine
internal import Spec
internal import Trail

struct Reconcile: Command {
  static let configuration = CommandConfiguration(
    commandName: "reconcile",
    abstract: "Look, and repair what has drifted: one pass, or one after another.")

  enum Mode: String, ExpressibleByArgument, CaseIterable {
    case observe
    case repairSafe = "repair-safe"
    case repair

    var repairs: RepairMode {
      switch self {
      case .observe: .observe
      case .repairSafe: .repair(upTo: .none)
      case .repair: .repair(upTo: .outage)
      }
    }
  }

  @OptionGroup var spec: SpecOptions
  @OptionGroup var output: OutputOptions

  @Option(
    name: .long,
    help: "observe changes nothing; repair-safe only what nobody notices; repair everything that plan shows.")
  var mode: Mode = .observe

  @Option(
    name: .long, help: ArgumentHelp("Go on until a signal, with this pause between passes.", valueName: "duration"))
  var every: String?

  @OptionGroup var work: ParallelismOptions

  func run(in context: Context) async throws(Stop) -> ExitCode {
    let interval = try every.map(Self.interval)
    let (_, stack) = try context.loadSpec(spec)
    let session = try await Session(stack, in: context)
    let trail = session.trail(of: "reconcile", by: try await session.checkAccount(), in: context)
    let cancellation = Cancellation()
    let view = ProgressView(console: context.console, total: 0)
    let interrupt = Interrupt(cancellation) { view.announce($0) }
    defer { interrupt.restore() }
    let reconciler = Reconciler(
      session.survey, session.applier(work), clock: ContinuousClock(), mode: mode.repairs,
      cancellation: cancellation, willRepair: { trail.begin($0) },
      report: {
        view.tell($0)
        trail.tell($0)
      })
    let format = output.format
    guard let interval else {
      var oscillation = Oscillation()
      let pass = await reconciler.pass(session.graph, &oscillation)
      await session.record(pass, in: context)
      let ending = await trail.end(pass)
      view.finish()
      context.show(pass, news: pass.plan?.notes ?? [], ending, as: format)
      return pass.exitCode
    }
    var random = SystemRandomNumberGenerator()
    return await reconciler.run(
      every: interval, random: &random,
      load: { () throws(Stop) in
        let (_, wanted) = try context.loadSpec(spec)
        try session.mustStillBe(wanted)
        try await session.checkAccount()
        return StackBlueprint(wanted).graph
      },
      onPass: { pass, news in
        await session.record(pass, in: context)
        let ending = await trail.end(pass)
        view.finish()
        context.show(pass, news: news, ending, as: format)
      })
  }

  private static func interval(_ text: String) throws(Stop) -> Duration {
    guard let duration = Duration(specText: text), duration >= .seconds(1) else {
      throw .usage("-every \"\(text)\" is no pause", "give a whole number with a unit, at least 1s: 30s, 5m, 1h")
    }
    return duration
  }
}

extension Context {
  /// - Parameters:
  ///   - news: the notes of its plan that are to be told.
  ///   - ending: what became of its trail.
  func show(_ pass: Pass, news: [Diagnostic], _ ending: [Diagnostic], as format: OutputFormat) {
    let report = PassReport(pass: pass, ending: ending)
    if !(format == .text && report.showsPlan) { tell(news) }
    tell(pass.diagnostics.all + ending)
    console.render(report, as: format)
  }
}

/// One pass: a sentence for the log, the changes for whoever wants to know more.
struct PassReport: Report {
  static let schema = "harecon.pass/v1"

  let pass: Pass
  /// What became of its trail.
  let ending: [Diagnostic]

  /// Whether the text has the plan, with its notes.
  var showsPlan: Bool { pass.verdict == nil && pass.plan?.isEmpty == false }

  func text(_ style: Style) -> String {
    guard showsPlan, let plan = pass.plan else { return pass.sentence + "\n" }
    return PlanView(plan: plan, style: style).text + "\n" + pass.sentence + "\n"
  }

  var json: JSONObject {
    [
      "sentence": .string(pass.sentence), "exitCode": .int(Int(pass.exitCode.rawValue)), "stuck": .bool(pass.isStuck),
      "held": .strings(pass.held.map(\.address.description)),
      "plan": pass.plan.map { .object(PlanReport(plan: $0, calls: 0).json) } ?? .null,
      "done": .strings(pass.verdict?.done.map(\.description) ?? []),
      "diagnostics": .array((pass.diagnostics.all + ending).map(\.json)),
    ]
  }
}
