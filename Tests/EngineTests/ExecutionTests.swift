// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("Execution")
struct ExecutionTests {
  @Test("a step starts when what it needs is done, and not before")
  func order() {
    var execution = Execution([step("a"), step("b", needs: "a"), step("c", needs: "a", "b")])
    #expect(execution.started() == [.start(id("a"), attempt: 1)])
    #expect(execution.ended(id("a"), .done, at: .zero) == [.start(id("b"), attempt: 1)])
    #expect(execution.ended(id("b"), .done, at: .zero) == [.start(id("c"), attempt: 1)])
    guard case .finish(let verdict)? = execution.ended(id("c"), .done, at: .zero).first else {
      Issue.record("the run has not finished")
      return
    }
    #expect(verdict.isSuccess)
    #expect(verdict.exitCode == .done)
  }

  @Test("no more steps than the limit are under way, in all and per service")
  func limits() {
    let steps = ["ec2/a", "ec2/b", "ec2/c", "rds/d", "rds/e"].map {
      Step(id: Step.ID(.create, Address(KindName($0), "x")), needs: [])
    }
    var execution = Execution(steps, limits: Limits(total: 3, perService: 2))
    #expect(execution.started().map(\.text) == ["start ec2/a", "start ec2/b", "start rds/d"])
    #expect(execution.ended(steps[3].id, .done, at: .zero).map(\.text) == ["start rds/e"])
    #expect(execution.ended(steps[0].id, .done, at: .zero).map(\.text) == ["start ec2/c"])
  }

  @Test("a failure that may pass is tried again, later each time, until patience ends")
  func patience() {
    let failure = StepFailure.call(CallError(.conflict, code: "DependencyViolation", message: "in use"))
    var execution = Execution([step("a")], patience: [id("a"): .seconds(60)])
    _ = execution.started()
    var now = Duration.zero
    var pauses: [Duration] = []
    while case .wake(_, let pause, let error)? = execution.ended(id("a"), .failed(failure), at: now).first {
      #expect(error.code == "DependencyViolation")
      pauses.append(pause)
      now += pause
      #expect(execution.due(id("a")) == [.start(id("a"), attempt: pauses.count + 1)])
    }
    #expect(now <= .seconds(60))
    #expect(pauses.count >= 5)
    for (index, pause) in pauses.enumerated() {
      let ceiling = min(Duration.seconds(20), .seconds(1 << index))
      #expect(pause >= ceiling / 2 && pause <= ceiling)
    }
  }

  @Test("what is not there is waited for as long as AWS may take to show it, and no longer")
  func notFound() {
    var execution = Execution([step("a")], patience: [id("a"): .seconds(3600)])
    _ = execution.started()
    let failure = StepFailure.call(CallError(.notFound, code: "NotFound", message: "no such key"))
    var now = Duration.zero
    while case .wake(_, let pause, _)? = execution.ended(id("a"), .failed(failure), at: now).first {
      now += pause
      _ = execution.due(id("a"))
    }
    #expect(now > .seconds(60) && now <= .seconds(120))
  }

  @Test(
    "what repeating cannot mend is not repeated",
    arguments: [CallError.Category.invalid, .denied, .cancelled, .alreadyExists])
  func final(category: CallError.Category) {
    var execution = Execution([step("a"), step("b", needs: "a")], patience: [id("a"): .seconds(600)])
    _ = execution.started()
    let failure = StepFailure.call(CallError(category, code: "No", message: "no"))
    let commands = execution.ended(id("a"), .failed(failure), at: .zero)
    #expect(commands.first == .skipped(id("b"), because: id("a")))
    #expect(
      commands.last
        == .finish(Verdict(endings: [id("a"): .failed(failure), id("b"): .skipped(because: id("a"))])))
  }

  @Test("a stale plan stops the whole run: what is under way ends, nothing new starts")
  func staleStops() {
    var execution = Execution([step("a"), step("b"), step("c", needs: "b")], limits: Limits(total: 2))
    _ = execution.started()
    #expect(execution.ended(id("a"), .failed(.stale([])), at: .zero) == [])
    guard case .finish(let verdict)? = execution.ended(id("b"), .done, at: .zero).last else {
      Issue.record("the run has not finished")
      return
    }
    #expect(verdict.endings[id("c")] == .cancelled)
    #expect(verdict.exitCode == .stale)
    #expect(!verdict.isInterrupted)
  }

  @Test("a step that rests between attempts leaves its place to others, and is given up when the run is cancelled")
  func resting() {
    let failure = StepFailure.call(CallError(.throttled, code: "Throttling", message: "slow"))
    var execution = Execution(
      [step("a"), step("b")], limits: Limits(total: 1), patience: [id("a"): .seconds(600)])
    #expect(execution.started().map(\.text) == ["start test/a"])
    #expect(execution.ended(id("a"), .failed(failure), at: .zero).map(\.text).last == "start test/b")
    #expect(execution.cancelled() == [])
    #expect(execution.due(id("a")) == [])
    #expect(
      execution.ended(id("b"), .done, at: .zero)
        == [.finish(Verdict(endings: [id("a"): .cancelled, id("b"): .done]))])
  }

  @Test("what fails in a passing way after the run was told to stop is left for the next run, with all that needs it")
  func stopped() {
    let failure = StepFailure.call(CallError(.unavailable, code: "ServiceUnavailable", message: "sorry"))
    var execution = Execution([step("a"), step("b", needs: "a")], patience: [id("a"): .seconds(600)])
    _ = execution.started()
    #expect(execution.cancelled() == [])
    guard case .finish(let verdict)? = execution.ended(id("a"), .failed(failure), at: .zero).last else {
      Issue.record("the run has not finished")
      return
    }
    #expect(verdict.endings == [id("a"): .cancelled, id("b"): .cancelled])
    #expect(verdict.exitCode == .incomplete)
  }

  @Test(
    "what was still in the way when patience ended exits with 6, and what is wrong with 1",
    arguments: [
      (CallError.Category.throttled, ExitCode.incomplete), (.unavailable, .incomplete), (.conflict, .incomplete),
      (.ambiguous, .incomplete), (.notFound, .error), (.invalid, .error), (.denied, .denied),
    ])
  func exhausted(category: CallError.Category, exitCode: ExitCode) {
    let failure = StepFailure.call(CallError(category, code: "X", message: "x"))
    var execution = Execution([step("a")], patience: [id("a"): .zero])
    _ = execution.started()
    guard case .finish(let verdict)? = execution.ended(id("a"), .failed(failure), at: .zero).last else {
      Issue.record("the run has not finished")
      return
    }
    #expect(verdict.exitCode == exitCode)
    #expect(verdict.diagnostics.all[0].hint?.contains("correct the cause") == [.notFound, .invalid].contains(category))
  }

  @Test(
    "any graph of steps with any failures and cancellations ends, in order and within its limits", arguments: 0..<400)
  func anyGraph(seed: UInt64) {
    var simulation = Simulation(seed: seed)
    simulation.run()
    for problem in simulation.problems { Issue.record("\(problem)") }
  }

  private func id(_ name: String) -> Step.ID { Step.ID(.create, Address(KindName("test/\(name)"), "x")) }

  private func step(_ name: String, needs: String...) -> Step {
    Step(id: id(name), needs: Set(needs.map(id)))
  }
}

extension Execution.Command {
  fileprivate var text: String {
    switch self {
    case .start(let id, _): "start \(id.address.kind)"
    case .wake(let id, _, _): "wake \(id.address.kind)"
    case .skipped(let id, _): "skipped \(id.address.kind)"
    case .finish: "finish"
    }
  }
}

/// A whole run with chance in the place of a cloud, checked at every event.
private struct Simulation {
  private(set) var problems: [String] = []

  private var random: SplitMix64
  private var execution: Execution
  private let steps: [Step.ID: Step]
  private let limits: Limits
  private var running: Set<Step.ID> = []
  private var resting: Set<Step.ID> = []
  private var done: Set<Step.ID> = []
  private var failed: Set<Step.ID> = []
  private var cancelledAt: Int?
  private var verdict: Verdict?
  private var now = Duration.zero

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let count = Int.random(in: 1...40, using: &random)
    let density = Double.random(in: 0...0.4, using: &random)
    let ids = (0..<count).map { Step.ID(.create, Address(KindName("s\($0 % 4)/kind"), "\($0)")) }
    var steps: [Step] = []
    for (index, id) in ids.enumerated() {
      let needs = ids[..<index].filter { _ in Double.random(in: 0..<1, using: &random) < density }
      steps.append(Step(id: id, needs: Set(needs)))
    }
    self.steps = Dictionary(uniqueKeysWithValues: steps.map { ($0.id, $0) })
    limits = Limits(
      total: Int.random(in: 1...8, using: &random), perService: Int.random(in: 1...4, using: &random))
    execution = Execution(
      steps.shuffled(using: &random), limits: limits,
      patience: Dictionary(uniqueKeysWithValues: ids.map { ($0, .seconds(30)) }), backoff: Backoff(seed: seed))
    self.random = random
  }

  mutating func run() {
    let failures = Double.random(in: 0...0.5, using: &random)
    let cancelsAt = Bool.random(using: &random) ? Int.random(in: 0..<60, using: &random) : nil
    take(execution.started())
    var event = 0
    while verdict == nil, event < 5000 {
      event += 1
      now += .seconds(Int.random(in: 0...3, using: &random))
      if event == cancelsAt {
        cancelledAt = event
        take(execution.cancelled())
      } else if let id = running.union(resting).sorted().randomElement(using: &random) {
        if resting.remove(id) != nil {
          take(execution.due(id))
        } else {
          end(id, fails: Double.random(in: 0..<1, using: &random) < failures)
        }
      } else {
        problems.append("nothing is under way and there is no verdict")
        return
      }
    }
    checkVerdict()
  }

  private mutating func end(_ id: Step.ID, fails: Bool) {
    running.remove(id)
    guard fails else {
      done.insert(id)
      take(execution.ended(id, .done, at: now))
      return
    }
    let category = CallError.Category.allCases.randomElement(using: &random) ?? .invalid
    let commands = execution.ended(id, .failed(.call(CallError(category, code: "X", message: "x"))), at: now)
    let isRetried = commands.contains { if case .wake(id, _, _) = $0 { true } else { false } }
    if !isRetried { failed.insert(id) }
    take(commands)
  }

  private mutating func take(_ commands: [Execution.Command]) {
    for command in commands {
      switch command {
      case .start(let id, _):
        if cancelledAt != nil { problems.append("\(id) started after the cancellation") }
        if !(steps[id]?.needs ?? []).isSubset(of: done) { problems.append("\(id) started before what it needs") }
        if done.contains(id) || failed.contains(id) || !running.insert(id).inserted {
          problems.append("\(id) started twice")
        }
        let sameService = running.filter { $0.address.kind.service == id.address.kind.service }.count
        if running.count > limits.total || sameService > limits.perService {
          problems.append("over the limit at \(id)")
        }
      case .wake(let id, _, _):
        if cancelledAt != nil { problems.append("\(id) is to be tried again after the cancellation") }
        resting.insert(id)
      case .skipped(let id, let because):
        if !failed.contains(because) && verdict == nil { failed.insert(because) }
        if running.contains(id) { problems.append("\(id) was skipped while it ran") }
      case .finish(let verdict):
        if self.verdict != nil { problems.append("two verdicts") }
        if !running.isEmpty { problems.append("a verdict while steps are under way") }
        self.verdict = verdict
      }
    }
  }

  private mutating func checkVerdict() {
    guard let verdict else {
      problems.append("no verdict after 5000 events")
      return
    }
    for (id, step) in steps {
      switch verdict.endings[id] {
      case .done:
        if !done.contains(id) { problems.append("\(id) is said to be done") }
      case .failed:
        if done.contains(id) { problems.append("\(id) is said to have failed") }
      case .skipped(let because):
        if verdict.endings[because] == .done { problems.append("\(id) was skipped for a step that was done") }
        let isReason = step.needs.contains { verdict.endings[$0] != .done }
        if !isReason { problems.append("\(id) was skipped and all it needs is done") }
      case .cancelled:
        if cancelledAt == nil { problems.append("\(id) was cancelled and nobody asked") }
      case nil: problems.append("nothing is said of \(id)")
      }
    }
    if verdict.isSuccess != (done.count == steps.count) { problems.append("the verdict does not fit what was done") }
  }
}
