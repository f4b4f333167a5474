// SPDX-License-Identifier: Apache-2.0

package import AWSClient
package import Core
package import Engine

/// Writes down what a run does, beside it: nothing that is done waits for a line to be written, and nothing fails for want
/// of one.
///
/// Lines wait in memory while there is no log group to write them to, and otherwise for about a second. One whose answer
/// is lost is written again; the same `run` and `line` tell that it is the same.
package final class Trail: Sendable {
  private struct State {
    var changes: [Address: ResourceChange] = [:]
    var place = Place.open
    var waiting: [TrailLine] = []
    /// Of the run's next line.
    var number = 1
    /// Lines that were sent and not taken.
    var rejected = 0
    /// Why the last attempt to write failed; nil once one succeeded.
    var error: CallError?
    var isEnding = false
    var pause: Task<Void, Never>?
    var writing: Task<Void, Never>?
  }

  /// What became of the log group.
  private enum Place {
    case open
    /// The run makes it.
    case awaited
    /// The run has deleted it, or is about to.
    case gone
  }

  /// Between two writes.
  private static let pause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(16)
  /// For how long a run that has ended waits for its last lines to be written.
  static let grace = Duration.seconds(10)
  private static let lastAttempts = 3

  private let destination: any TrailDestination
  private let group: Address
  private let groupName: String
  private let run: TrailRun
  private let time: TimeSource
  private let state = Guarded(State())

  /// - Parameters:
  ///   - group: the log group's address in the plan, for a run that makes or deletes it.
  ///   - groupName: its name in AWS.
  package init(
    _ destination: some TrailDestination, group: Address, groupName: String, run: TrailRun,
    time: TimeSource = .system
  ) {
    self.destination = destination
    self.group = group
    self.groupName = groupName
    self.run = run
    self.time = time
  }

  // MARK: What is told

  /// A plan is about to be carried out.
  package func begin(_ plan: Plan) {
    state.withLock { state in
      state.changes = Dictionary(plan.changes.map { ($0.address, $0) }) { first, _ in first }
      state.place = plan.steps.contains { $0.id == Step.ID(.create, group) } ? .awaited : .open
      state.isEnding = false
    }
    add("began", run.facts(of: plan))
    let writing = Task { await self.write() }
    state.withLock { $0.writing = writing }
  }

  package func tell(_ progress: Progress) {
    if progress.step.address == group { follow(progress) }
    let change = state.withLock { $0.changes[progress.step.address] }
    guard let (what, facts) = progress.told(of: change) else { return }
    add(what, facts)
  }

  /// The plan has been carried out, as far as it was. Waits until that is written, and for some seconds at most.
  ///
  /// - Returns: what a person has to know when not all was written.
  package func end(_ verdict: Verdict, exitCode: ExitCode) async -> [Diagnostic] {
    add("ended", verdict.facts(exitCode: exitCode))
    let (writing, pause) = state.withLock { state in
      state.isEnding = true
      // A group that should have been made was not: AWS's answer says so better than silence.
      if state.place == .awaited { state.place = .open }
      return (state.writing, state.pause)
    }
    pause?.cancel()
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await writing?.value }
      tasks.addTask { [time] in
        guard (try? await time.sleep(Self.grace)) != nil else { return }
        writing?.cancel()
      }
      await tasks.next()
      tasks.cancelAll()
    }
    return close()
  }

  private func add(_ what: String, _ facts: JSONObject) {
    state.withLock { state in
      var all: JSONObject = ["run": .string(run.id), "line": .int(state.number)]
      for fact in facts.members { all[fact.key] = fact.value }
      state.waiting.append(TrailLine(what, at: time.now(), all))
      state.number += 1
    }
  }

  private func follow(_ progress: Progress) {
    let place: Place? =
      switch (progress.step.verb, progress.event) {
      case (.create, .done), (.delete, .failed), (.delete, .departed(.kept)): .open
      case (.delete, .started), (.delete, .departed): .gone
      case (_, .started), (_, .waiting), (_, .retrying), (_, .done), (_, .departed), (_, .failed), (_, .skipped),
        (_, .cancelled):
        nil
      }
    if let place { state.withLock { $0.place = place } }
  }

  // MARK: Writing

  /// Writes what waits, again and again, until the run has ended.
  private func write() async {
    var failures = 0
    while true {
      let isEnding = state.withLock { $0.isEnding }
      let isWritten = await flush()
      failures = isWritten ? 0 : failures + 1
      if isEnding {
        guard !isWritten, failures < Self.lastAttempts, state.withLock({ $0.error?.mayPass == true }),
          (try? await time.sleep(Self.pause)) != nil
        else { return }
      } else {
        await rest(min(Self.longestPause, Self.pause * (1 << min(failures, 4))))
      }
    }
  }

  /// Until then, or until the run ends.
  private func rest(_ pause: Duration) async {
    let resting = state.withLock { state -> Task<Void, Never>? in
      guard !state.isEnding else { return nil }
      let task = Task { [time] in _ = try? await time.sleep(pause) }
      state.pause = task
      return task
    }
    await resting?.value
  }

  /// False when not all of what waits could be written.
  private func flush() async -> Bool {
    while let batch = next() {
      do throws(CallError) {
        let rejected = try await destination.write(batch)
        state.withLock { state in
          state.rejected += rejected
          state.error = nil
        }
      } catch {
        state.withLock { state in
          state.waiting.insert(contentsOf: batch, at: 0)
          state.error = error
        }
        return false
      }
    }
    return true
  }

  /// What goes into the next call; nil when there is nothing to write or nowhere to write it.
  private func next() -> [TrailLine]? {
    state.withLock { state in
      guard state.place == .open, !state.waiting.isEmpty else { return nil }
      // Told by many tasks at once, and by a clock that may have been set.
      state.waiting.sort { $0.moment < $1.moment }
      let batch = Array(state.waiting.prefix(TrailBatch.length(state.waiting)))
      state.waiting.removeFirst(batch.count)
      return batch
    }
  }

  // MARK: What was not written

  /// Forgets what could not be written: a loop that goes on for months must not pile it up.
  private func close() -> [Diagnostic] {
    let (place, unwritten, rejected, error) = state.withLock { state in
      defer {
        state.waiting = []
        state.rejected = 0
        state.error = nil
        state.writing = nil
        state.pause = nil
      }
      return (state.place, state.waiting.count, state.rejected, state.error)
    }
    var told: [Diagnostic] = []
    if place == .gone {
      told.append(.gone(group, groupName))
    } else if unwritten > 0 {
      told.append(.unwritten(unwritten, group, groupName, error))
    }
    if rejected > 0 { told.append(.rejected(rejected, group, groupName)) }
    return told
  }
}

extension CallError {
  /// Whether the same call may succeed a moment later.
  fileprivate var mayPass: Bool {
    switch category {
    case .throttled, .conflict, .unavailable, .ambiguous: true
    case .notFound, .alreadyExists, .invalid, .denied, .cancelled: false
    }
  }
}
