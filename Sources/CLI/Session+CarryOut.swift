// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

extension Session {
  /// Carries a decision out, telling how it goes, and reports what it came to.
  func carryOut(
    _ decision: Decision, _ work: ParallelismOptions, in context: Context, as format: OutputFormat
  ) async -> ExitCode {
    let clock = ContinuousClock()
    let start = clock.now
    let verdict = await perform(decision, work, in: context)
    let report = RunReport(plan: decision.plan, verdict: verdict, calls: calls, elapsed: start.duration(to: clock.now))
    context.console.render(report, as: format)
    return verdict.exitCode
  }

  func perform(_ decision: Decision, _ work: ParallelismOptions, in context: Context) async -> Verdict {
    let cancellation = Cancellation()
    let view = ProgressView(console: context.console, total: decision.plan.steps.count)
    let interrupt = Interrupt(cancellation) { view.announce($0) }
    let ticking = Task {
      while (try? await Task.sleep(for: .seconds(1))) != nil { view.tick() }
    }
    let applier = Applier(
      kinds, clock: ContinuousClock(), limits: Limits(total: work.parallelism), seed: .random(in: .min ... .max))
    let verdict = await applier.apply(decision, cancellation: cancellation) { view.tell($0) }
    ticking.cancel()
    await ticking.value
    view.finish()
    interrupt.restore()
    return verdict
  }
}
