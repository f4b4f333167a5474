// SPDX-License-Identifier: Apache-2.0

package import Core

/// Looks, decides, and repairs what it may: once, or until it is told to stop.
package struct Reconciler<C: Clock<Duration>>: Sendable {
  package typealias Load = @Sendable () async throws(Stop) -> Graph

  private let survey: Survey
  private let applier: Applier<C>
  private let clock: C
  private let mode: RepairMode
  private let cancellation: Cancellation
  private let willRepair: @Sendable (Plan) -> Void
  private let report: Applier<C>.Report

  /// - Parameter willRepair: told of what is about to be carried out.
  package init(
    _ survey: Survey, _ applier: Applier<C>, clock: C, mode: RepairMode, cancellation: Cancellation,
    willRepair: @escaping @Sendable (Plan) -> Void = { _ in }, report: @escaping Applier<C>.Report
  ) {
    self.survey = survey
    self.applier = applier
    self.clock = clock
    self.mode = mode
    self.cancellation = cancellation
    self.willRepair = willRepair
    self.report = report
  }

  /// One pass over a graph that was made just now.
  package func pass(_ graph: Graph, _ oscillation: inout Oscillation) async -> Pass {
    let decision: Decision
    do throws(Stop) {
      decision = try await survey.decide(graph)
    } catch {
      return Pass(stopped: error)
    }
    guard !decision.plan.isEmpty else {
      oscillation.settled()
      return Pass(unchanged: decision.plan)
    }
    switch mode {
    case .observe: return Pass(held: decision, limit: nil)
    case .repair(let limit): return await repair(decision, upTo: limit, &oscillation)
    }
  }

  private func repair(
    _ decision: Decision, upTo limit: Disruption, _ oscillation: inout Oscillation
  ) async -> Pass {
    let (allowed, held) = decision.limited(to: limit)
    guard !allowed.plan.isEmpty else { return Pass(held: decision, limit: limit) }
    let digest = allowed.plan.digest
    guard !oscillation.isStuck(at: digest) else { return Pass(stuck: decision.plan) }
    willRepair(allowed.plan)
    let start = clock.now
    let verdict = await applier.apply(allowed, cancellation: cancellation, report: report)
    if verdict.isSuccess { oscillation.applied(digest) }
    return Pass(applied: decision, held: held, verdict, took: start.duration(to: clock.now))
  }

  /// A pass, a pause, a pass, until cancelled or stuck; a failed pass is followed by the next one like any other.
  ///
  /// - Parameters:
  ///   - interval: between the end of a pass and the start of the next, give or take a tenth.
  ///   - load: the graph as it is wanted now; called before each pass, so that a changed spec is taken up.
  ///   - onPass: told of each pass at its end, and which notes of its plan are new.
  /// - Returns: the exit code of the last pass, or that of being stuck.
  package func run(
    every interval: Duration, random: inout some RandomNumberGenerator, load: Load,
    onPass: @Sendable (Pass, _ news: [Diagnostic]) async -> Void
  ) async -> ExitCode {
    var oscillation = Oscillation()
    var notes = ToldNotes()
    var last = ExitCode.done
    while !cancellation.isRequested {
      let pass: Pass
      do throws(Stop) {
        pass = await self.pass(try await load(), &oscillation)
      } catch {
        pass = Pass(stopped: error)
      }
      await onPass(pass, notes.news(of: pass))
      last = pass.exitCode
      guard !pass.isStuck else { return last }
      await rest(interval * Double.random(in: 0.9...1.1, using: &random))
    }
    return last
  }

  /// Ends early when cancelled.
  private func rest(_ pause: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [clock] in try? await clock.sleep(for: pause) }
      group.addTask { [cancellation] in _ = await cancellation.requested() }
      await group.next()
      group.cancelAll()
    }
  }
}
