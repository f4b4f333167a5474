// SPDX-License-Identifier: Apache-2.0

import Core

@testable import AWSClient

/// A clock that moves when the test says so, or by itself to the end of each sleep.
final class VirtualTime: Sendable {
  private struct State {
    var elapsed = Duration.zero
    var sleeps: [Duration] = []
    var sleepers: [Int: (until: Duration, continuation: CheckedContinuation<Bool, Never>)] = [:]
    var cancelled: Set<Int> = []
    var count = 0
    var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Guarded(State())
  private let advancesItself: Bool
  let start: Timestamp

  init(start: Double = 1_800_000_000, advancesItself: Bool = true) {
    self.start = Timestamp(secondsSinceEpoch: start)
    self.advancesItself = advancesItself
  }

  var source: TimeSource {
    TimeSource(
      now: { Timestamp(secondsSinceEpoch: self.start.secondsSinceEpoch + self.elapsed.seconds) },
      uptime: { self.elapsed },
      sleep: { duration throws(CancellationError) in try await self.sleep(duration) })
  }

  var elapsed: Duration { state.withLock { $0.elapsed } }
  var sleeps: [Duration] { state.withLock { $0.sleeps } }

  func advance(by duration: Duration) {
    let awake = state.withLock { state in
      state.elapsed += duration
      let due = state.sleepers.filter { $0.value.until <= state.elapsed }.sorted { $0.value.until < $1.value.until }
      for sleeper in due { state.sleepers[sleeper.key] = nil }
      return due.map(\.value.continuation)
    }
    for continuation in awake { continuation.resume(returning: true) }
  }

  /// Returns when `count` tasks sleep.
  func waitForSleepers(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.sleepers.count >= count { return true }
        state.watchers.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  private func sleep(_ duration: Duration) async throws(CancellationError) {
    if Task.isCancelled { throw CancellationError() }
    if advancesItself {
      state.withLock {
        $0.sleeps.append(duration)
        $0.elapsed += duration
      }
      return
    }
    let id = state.withLock { state in
      state.sleeps.append(duration)
      state.count += 1
      return state.count
    }
    let finished = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (isCancelled, watchers) = state.withLock { state in
          if state.cancelled.remove(id) != nil { return (true, [CheckedContinuation<Void, Never>]()) }
          state.sleepers[id] = (state.elapsed + duration, continuation)
          let ready = state.watchers.filter { $0.count <= state.sleepers.count }
          state.watchers.removeAll { $0.count <= state.sleepers.count }
          return (false, ready.map(\.continuation))
        }
        if isCancelled { continuation.resume(returning: false) }
        for watcher in watchers { watcher.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.continuation.resume(returning: false)
    }
    if !finished { throw CancellationError() }
  }
}
