// SPDX-License-Identifier: Apache-2.0

import Core
import Dispatch
import Glibc
import Testing

@testable import ReplayClient

@Suite("Two who submit the same")
struct JoiningTests {
  private typealias Answer = Result<Outcome, ReplayError>

  private static func submit(to replay: Replay) async -> Answer {
    do throws(ReplayError) {
      let transaction = Transaction(id: "a", key: "k", statements: [Statement("select 1")])
      return .success(try await replay.submit(transaction, within: .zero))
    } catch {
      return .failure(error)
    }
  }

  @Test("the second is told nothing before the disk has it, nor that a disk has it that fails")
  func failingDisk() async throws {
    let folder = try TemporaryFolder()
    let replay = Guarded(Replay?.none)
    let second = Guarded(Task<Answer, Never>?.none)
    let isToldEarly = Guarded(false)
    var disk = Disk.system
    disk.sync = { _ throws(DiskError) in
      guard let replay = replay.withLock({ $0 }) else { return }
      let told = DispatchSemaphore(value: 0)
      let task = Task {
        defer { told.signal() }
        return await Self.submit(to: replay)
      }
      second.withLock { $0 = task }
      let isEarly = told.wait(timeout: .now() + .milliseconds(200)) == .success
      isToldEarly.withLock { $0 = isEarly }
      throw DiskError(call: .sync, number: EIO)
    }
    let clock = VirtualClock()
    let opened = await Replay(
      Engine.Parts(
        target: ScriptedTarget([], clock, isForgetful: false),
        buffer: try FileBuffer(folder: folder.path, disk: disk, logger: CaseTests.logger),
        ledger: try Ledger("harecon_ledger"), settings: ReplaySettings(), clock: clock.clock, random: { 0.5 },
        logger: CaseTests.logger))
    replay.withLock { $0 = opened }
    let failure = Answer.failure(.broken("the disk of \"\(folder.path)\" failed: Input/output error"))
    #expect(await Self.submit(to: opened) == failure)
    let task = try #require(second.withLock { $0 })
    #expect(await task.value == failure)
    #expect(!isToldEarly.withLock { $0 })
    await opened.close()
  }
}
