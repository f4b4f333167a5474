// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import ReplayClient

/// What callers do to a client at awkward moments.
@Suite("Callers of the replay client")
struct CallerTests {
  @Test("who closes a client once more waits until the folder is free, too")
  func closesTwice() async throws {
    let folder = try TemporaryFolder()
    let target = SlowTarget()
    let clock = ReplayClock.system
    let replay = await Replay(
      Engine.Parts(
        target: target, buffer: try FileBuffer(folder: folder.path, logger: CaseTests.logger),
        ledger: try Ledger("harecon_ledger"), settings: ReplaySettings(), clock: clock, random: { 0.5 },
        logger: CaseTests.logger))
    let submitted = Task {
      try await replay.submit(Transaction(id: "a", key: "k", statements: [Statement("select 1")]))
    }
    await target.isAsked()
    let first = Task { await replay.close() }
    let second = Task {
      await replay.close()
      var file = try LogFile(folder: folder.path, logger: CaseTests.logger)
      file.close()
    }
    // As long as that the second one would need to be over too early.
    for _ in 0..<1000 { await Task.yield() }
    target.answer()
    try await second.value
    await first.value
    #expect(try await submitted.value == .applied(seen: 1))
  }
}

/// Answers the first call when the test says so, and is done with everything else at once.
private final class SlowTarget: Target, Session {
  private let asked = Ticket()
  private let answered = Ticket()

  func isAsked() async { try? await asked.stored() }
  func answer() { answered.endStoring(.success(())) }

  func begin(within time: Duration) async throws(TargetError) -> any Session {
    asked.endStoring(.success(()))
    try? await answered.stored()
    return self
  }

  func make(within time: Duration) async throws(TargetError) {}
  func settle(id: String, xid: String?, within time: Duration) async throws(TargetError) -> Settled { Settled(seen: 0) }
  func enter(id: String, bodyHash: String) async throws(TargetError) -> Entered {
    Entered(seen: 1, body: bodyHash, xid: "700")
  }
  func execute(_ statement: Statement) async throws(TargetError) {}
  func commit() async throws(TargetError) -> String? { nil }
  func rollBack() async throws(TargetError) {}
}
