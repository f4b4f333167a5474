// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Core
import Engine
import Testing

@testable import Trail

@Suite("The trail of a run")
struct TrailTests {
  private static let group: Address = Address("logs/group", "audit")
  private static let run = TrailRun(
    command: "apply", version: "1.2.3", caller: "arn:aws:iam::111122223333:user/ana", moment: "20261122t164500z",
    random: 0x2a)

  @Test("begins with who does what, has a line for each action, and ends with what it came to")
  func lines() async throws {
    let log = Log()
    let trail = Self.trail(log)
    let steps = [Step.ID(.update, Address("rds/cluster", "main")), Step.ID(.create, Address("ec2/vpc", "main"))]
    trail.begin(Self.plan(steps))
    for step in steps {
      trail.tell(Progress(step: step, event: .started(attempt: 1), elapsed: .zero))
      trail.tell(Progress(step: step, event: .done, elapsed: .milliseconds(1500)))
    }
    #expect(await trail.end(Verdict(endings: [steps[0]: .done, steps[1]: .done]), exitCode: .done).isEmpty)
    let told = try log.told()
    #expect(told.map { $0["what"]?.string } == ["began", "updated", "created", "ended"])
    #expect(told.allSatisfy { $0["function"]?.string == "harecon" && $0["run"]?.string == Self.run.id })
    #expect(told.map { $0["line"] } == [.int(1), .int(2), .int(3), .int(4)])
    let began = try #require(told.first)
    #expect(began["at"]?.string == "2026-11-22T16:45:00.250+00:00")
    #expect(began["caller"]?.string == "arn:aws:iam::111122223333:user/ana")
    #expect(began["version"]?.string == "1.2.3" && began["command"]?.string == "apply")
    #expect(began["specDigest"]?.string == "5bec" && began["planDigest"] != nil)
    #expect(began["counts"] == ["create": 1, "update": 1, "replace": 0, "delete": 0])
    #expect(told[1]["step"]?.string == "update rds/cluster.main" && told[1]["seconds"] == .double(1.5))
    #expect(told[3]["outcome"]?.string == "done" && told[3]["exitCode"] == .int(0) && told[3]["done"] == .int(2))
  }

  @Test("shows of a secret that it changed, and of a long value as much as helps")
  func values() async throws {
    let log = Log()
    let trail = Self.trail(log)
    let step = Step.ID(.update, Address("lambda/function", "health"))
    let secret = AttributeChange(
      name: "environment", old: .sealed(digest: "0a"), new: .sealed(digest: "0b"), mutability: .inPlace(.none),
      disruption: .none)
    let long = AttributeChange(
      name: "body", old: .null, new: .string(String(repeating: "é", count: 40_000)), mutability: .inPlace(.none),
      disruption: .none)
    trail.begin(Self.plan([step], attributes: [secret, long]))
    trail.tell(Progress(step: step, event: .done, elapsed: .zero))
    _ = await trail.end(Verdict(endings: [step: .done]), exitCode: .done)
    let changed = try #require(try log.told().first { $0["what"]?.string == "updated" }?["changed"]?.object)
    #expect(changed["environment"] == ["old": ["secret": true], "new": ["secret": true]])
    let new = try #require(changed["body"]?.object?["new"]?.string)
    #expect(new.hasPrefix("\"éé") && new.hasSuffix("é…") && new.utf8.count < 2_100)
  }

  @Test("waits for its log group while the run makes it")
  func awaited() async throws {
    let log = Log()
    let trail = Self.trail(log)
    let (first, group) = (Step.ID(.create, Address("kms/key", "main")), Step.ID(.create, Self.group))
    trail.begin(Self.plan([first, group]))
    trail.tell(Progress(step: first, event: .done, elapsed: .zero))
    trail.tell(Progress(step: group, event: .started(attempt: 1), elapsed: .zero))
    #expect(log.attempts == 0)
    trail.tell(Progress(step: group, event: .done, elapsed: .zero))
    await log.waitForLines(3)
    #expect(await trail.end(Verdict(endings: [first: .done, group: .done]), exitCode: .done).isEmpty)
    #expect(try log.told().map { $0["what"]?.string } == ["began", "created", "created", "ended"])
  }

  @Test("tells AWS's answer when the log group that it waited for was never made")
  func neverMade() async throws {
    let log = Log(failing: CallError(.denied, code: "AccessDeniedException", message: "no"))
    let trail = Self.trail(log)
    let group = Step.ID(.create, Self.group)
    trail.begin(Self.plan([group]))
    let failure = StepFailure.call(CallError(.invalid, code: "LimitExceededException", message: "full"))
    trail.tell(Progress(step: group, event: .failed(failure), elapsed: .zero))
    let told = await trail.end(Verdict(endings: [group: .failed(failure)]), exitCode: .error)
    #expect(told.map(\.rule) == ["audit.unwritten"])
  }

  @Test("says how many lines nobody took, with AWS's code and the way out, and forgets them")
  func denied() async throws {
    let log = Log(failing: CallError(.denied, code: "AccessDeniedException", message: "no"))
    let trail = Self.trail(log)
    let step = Step.ID(.create, Address("ec2/vpc", "main"))
    trail.begin(Self.plan([step]))
    trail.tell(Progress(step: step, event: .done, elapsed: .zero))
    let told = try #require(await trail.end(Verdict(endings: [step: .done]), exitCode: .done).first)
    #expect(told.severity == .warning)
    #expect(told.message.hasPrefix("3 lines of this run cannot be written to the audit log \"/harecon/payments/audit"))
    #expect(told.message.contains("AccessDeniedException"))
    #expect(told.hint?.contains("logs:PutLogEvents") == true)
    log.heal()
    trail.begin(Self.plan([step]))
    #expect(await trail.end(Verdict(endings: [step: .done]), exitCode: .done).isEmpty)
    #expect(try log.told().map { $0["line"] } == [.int(4), .int(5)])
  }

  @Test("writes again what met an obstacle that passes")
  func again() async throws {
    let log = Log(failing: CallError(.throttled, code: "ThrottlingException", message: "slow down"), times: 2)
    let trail = Self.trail(log)
    let step = Step.ID(.create, Address("ec2/vpc", "main"))
    trail.begin(Self.plan([step]))
    #expect(await trail.end(Verdict(endings: [step: .done]), exitCode: .done).isEmpty)
    #expect(try log.told().map { $0["what"]?.string } == ["began", "ended"])
    #expect(log.attempts == 3)
  }

  @Test("is written to no log that is being deleted, and says that the log is gone")
  func deleted() async throws {
    let log = Log()
    let trail = Self.trail(log)
    let (group, key) = (Step.ID(.delete, Self.group), Step.ID(.delete, Address("kms/key", "main")))
    trail.begin(Self.plan([group, key]))
    await log.waitForLines(1)
    trail.tell(Progress(step: group, event: .started(attempt: 1), elapsed: .zero))
    trail.tell(Progress(step: group, event: .departed(.gone), elapsed: .zero))
    trail.tell(Progress(step: key, event: .departed(.scheduled(for: "2026-12-22")), elapsed: .zero))
    let told = await trail.end(Verdict(endings: [group: .done, key: .done]), exitCode: .done)
    #expect(told.map(\.rule) == ["audit.gone"] && told.map(\.severity) == [.note])
    #expect(try log.told().map { $0["what"]?.string } == ["began"])
  }

  @Test("goes on in a log whose deletion failed")
  func notDeleted() async throws {
    let log = Log()
    let trail = Self.trail(log)
    let group = Step.ID(.delete, Self.group)
    trail.begin(Self.plan([group]))
    trail.tell(Progress(step: group, event: .started(attempt: 1), elapsed: .zero))
    let failure = StepFailure.degraded("stuck")
    trail.tell(Progress(step: group, event: .failed(failure), elapsed: .zero))
    #expect(await trail.end(Verdict(endings: [group: .failed(failure)]), exitCode: .error).isEmpty)
    #expect(try log.told().map { $0["what"]?.string } == ["began", "failed", "ended"])
    #expect(try log.told().last?["outcome"]?.string == "failed")
  }

  @Test("tells of lines that CloudWatch took the call of and not the lines")
  func rejected() async throws {
    let log = Log(rejecting: 1)
    let trail = Self.trail(log)
    let step = Step.ID(.create, Address("ec2/vpc", "main"))
    trail.begin(Self.plan([step]))
    let told = await trail.end(Verdict(endings: [step: .done]), exitCode: .done)
    #expect(told.map(\.rule) == ["audit.rejected"])
  }

  @Test("does not keep a run from ending when nothing answers")
  func silence() async throws {
    let log = Log(isSilent: true)
    let trail = Self.trail(log)
    let step = Step.ID(.create, Address("ec2/vpc", "main"))
    trail.begin(Self.plan([step]))
    let told = await trail.end(Verdict(endings: [step: .done]), exitCode: .done)
    #expect(told.map(\.rule) == ["audit.unwritten"])
  }

  @Test("goes into a stream of the run's own")
  func stream() {
    #expect(Self.run.stream == "harecon/20261122t164500z-0000002a")
  }
}

// MARK: Stage

extension TrailTests {
  private static func trail(_ log: Log) -> Trail {
    let time = TimeSource(
      now: { Timestamp(secondsSinceEpoch: 1_795_365_900.25) }, uptime: { .zero },
      // No pause is waited for: only its place in the order of things counts. The time that a log has to answer in the end
      // is over at once when it never does.
      sleep: { duration throws(CancellationError) in
        repeat { await Task.yield() } while duration == Trail.grace && !log.isSilent && !Task.isCancelled
        guard !Task.isCancelled else { throw CancellationError() }
      })
    return Trail(log, group: group, groupName: "/harecon/payments/audit", run: run, time: time)
  }

  private static func plan(_ steps: [Step.ID], attributes: [AttributeChange] = []) -> Plan {
    Plan(
      stack: "payments", account: "111122223333", region: "us-east-1", specDigest: "5bec", sightings: [:],
      changes: steps.map { id in
        let action: Action = [.create: .create, .update: .update, .delete: .delete][id.verb] ?? .noOp
        return ResourceChange(address: id.address, action: action, attributes: attributes)
      },
      steps: steps.map { Step(id: $0, needs: []) })
  }
}

/// A log that takes lines, or does not.
private actor Log: TrailDestination {
  private struct State {
    var lines: [TrailLine] = []
    var attempts = 0
    var failures: Int
  }

  private let state: Guarded<State>
  private let failure: CallError?
  private let rejecting: Int
  nonisolated let isSilent: Bool

  init(failing failure: CallError? = nil, times: Int = .max, rejecting: Int = 0, isSilent: Bool = false) {
    self.failure = failure
    self.rejecting = rejecting
    self.isSilent = isSilent
    state = Guarded(State(failures: failure == nil ? 0 : times))
  }

  nonisolated var attempts: Int { state.withLock { $0.attempts } }
  nonisolated func heal() { state.withLock { $0.failures = 0 } }

  nonisolated func told() throws -> [JSONObject] {
    try state.withLock { $0.lines }.map { line in
      try #require(try JSON(parsing: Array(line.text.utf8)).object)
    }
  }

  /// Waits until so many lines are written.
  nonisolated func waitForLines(_ count: Int) async {
    while state.withLock({ $0.lines.count }) < count { await Task.yield() }
  }

  func write(_ lines: [TrailLine]) async throws(CallError) -> Int {
    let failed = state.withLock { state in
      state.attempts += 1
      guard state.failures > 0 else { return false }
      state.failures -= 1
      return true
    }
    while isSilent {
      guard !Task.isCancelled else { throw CallError(.cancelled, code: "Cancelled", message: "cut short") }
      await Task.yield()
    }
    if failed, let failure { throw failure }
    state.withLock { $0.lines += lines }
    return rejecting
  }
}
