// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine
internal import Trail

extension Session {
  /// Carries a decision out, telling how it goes, and reports what it came to.
  func carryOut(
    _ decision: Decision, _ work: ParallelismOptions, trail: Trail, in context: Context, as format: OutputFormat
  ) async -> ExitCode {
    let clock = ContinuousClock()
    let start = clock.now
    let isEmpty = decision.plan.isEmpty
    if !isEmpty { trail.begin(decision.plan) }
    let verdict = await perform(decision, work, trail, in: context)
    let elapsed = start.duration(to: clock.now)
    let notes = isEmpty ? [] : await trail.end(verdict, exitCode: verdict.exitCode)
    context.tell(notes)
    let report = RunReport(plan: decision.plan, verdict: verdict, notes: notes, calls: calls, elapsed: elapsed)
    context.console.render(report, as: format)
    return verdict.exitCode
  }

  private func perform(
    _ decision: Decision, _ work: ParallelismOptions, _ trail: Trail, in context: Context
  ) async -> Verdict {
    let cancellation = Cancellation()
    let view = ProgressView(console: context.console, total: decision.plan.steps.count)
    let interrupt = Interrupt(cancellation) { view.announce($0) }
    let ticking = Task {
      while (try? await Task.sleep(for: .seconds(1))) != nil { view.tick() }
    }
    let verdict = await applier(work).apply(decision, cancellation: cancellation) {
      view.tell($0)
      trail.tell($0)
    }
    ticking.cancel()
    await ticking.value
    view.finish()
    interrupt.restore()
    return verdict
  }

  func applier(_ work: ParallelismOptions) -> Applier<ContinuousClock> {
    Applier(
      kinds, clock: ContinuousClock(), limits: Limits(total: work.parallelism, services: Self.stepsAtOnce),
      seed: .random(in: .min ... .max))
  }

  /// Few enough that AWS does not throttle them as a matter of course.
  ///
  /// Route 53 takes five requests a second for the whole account and refuses a change of a zone while another is under way;
  /// IAM and KMS pace their control planes by account, too.
  private static let stepsAtOnce = ["route53": 2, "kms": 3, "iam": 4, "logs": 4, "ec2": 8, "rds": 8]
}
