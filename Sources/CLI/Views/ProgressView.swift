// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

/// Tells how a run goes: a block that is rewritten in place on a terminal, plain lines otherwise.
///
/// Without a terminal a step that takes long still gives a line now and then, so that no log falls silent.
final class ProgressView: Sendable {
  /// The longest silence about a step that is under way, without a terminal.
  static let silence = Duration.seconds(10)

  private struct Row {
    var status: String
    var started: ContinuousClock.Instant
    var told: ContinuousClock.Instant
    /// When it is tried again, while it rests.
    var resumes: ContinuousClock.Instant?

    /// For how long it has been at work, or, while it rests, how long that will last: never both.
    func text(at now: ContinuousClock.Instant, _ separator: String) -> String {
      guard let resumes else { return status + separator + started.duration(to: now).brief }
      return "\(status), again in \(max(.zero, now.duration(to: resumes)).brief)"
    }
  }

  private struct State {
    var rows: [Step.ID: Row] = [:]
    var drawn = 0
    var done = 0
  }

  private let console: Console
  private let total: Int
  private let state = Guarded(State())

  init(console: Console, total: Int) {
    self.console = console
    self.total = total
  }

  func tell(_ progress: Progress) {
    state.withLock { state in
      erase(&state)
      record(progress, &state)
      draw(&state)
    }
  }

  /// Moves the clocks of what is under way; call it every second.
  func tick() {
    state.withLock { state in
      let now = ContinuousClock.now
      if console.storyIsTerminal {
        erase(&state)
        draw(&state)
        return
      }
      for (id, row) in state.rows.sorted(by: { $0.key < $1.key }) where row.told.duration(to: now) >= Self.silence {
        console.tell(line(id, row.text(at: now, ", ")))
        state.rows[id]?.told = now
      }
    }
  }

  /// Says something in between; it stays when the block is drawn again.
  func announce(_ text: String) {
    state.withLock { state in
      erase(&state)
      console.tell(text)
      draw(&state)
    }
  }

  /// Takes the block away; what was told line by line stays.
  func finish() {
    state.withLock { erase(&$0) }
  }

  private func record(_ progress: Progress, _ state: inout State) {
    let now = ContinuousClock.now
    let id = progress.step
    switch progress.event {
    case .started(let attempt):
      state.rows[id] = Row(
        status: Self.doing(id.verb), started: now - progress.elapsed, told: now)
      // Whoever was told that it rests is told when it goes on.
      let doing = Self.doing(id.verb) + (attempt > 1 ? " again" : "")
      if !console.storyIsTerminal { console.tell(line(id, doing)) }
    case .waiting(let status):
      guard var row = state.rows[id] else { return }
      let isNews = row.status != status
      row.status = status
      if !console.storyIsTerminal && (isNews || row.told.duration(to: now) >= Self.silence) {
        console.tell(line(id, "\(status), \(progress.elapsed.brief)"))
        row.told = now
      }
      state.rows[id] = row
    case .retrying(let error, let pause):
      state.rows[id]?.status = error.code
      state.rows[id]?.resumes = now + pause
      if !console.storyIsTerminal {
        console.tell(line(id, "\(error.code), again in \(pause.brief)"))
        state.rows[id]?.told = now
      }
    case .done:
      end(id, told: "\(Self.did(id.verb)) in \(progress.elapsed.brief)", &state)
    case .departed(.gone):
      end(id, told: "\(Self.did(id.verb)) in \(progress.elapsed.brief)", &state)
    case .departed(let departure):
      end(id, told: departure.words, &state)
    case .failed:
      end(id, &state)
      console.tell(line(id, console.storyStyle.ink(.red, "failed after \(progress.elapsed.brief)")))
    case .skipped(let cause):
      end(id, &state)
      console.tell(line(id, console.storyStyle.ink(.yellow, "skipped: \(cause) failed")))
    case .cancelled:
      end(id, &state)
    }
  }

  private func end(_ id: Step.ID, _ state: inout State) {
    state.rows[id] = nil
  }

  private func end(_ id: Step.ID, told deed: String, _ state: inout State) {
    end(id, &state)
    state.done += 1
    console.tell(line(id, console.storyStyle.ink(.green, deed)))
  }

  private func line(_ id: Step.ID, _ text: String) -> String { "  \(id.address): \(text)" }

  private func erase(_ state: inout State) {
    guard state.drawn > 0 else { return }
    // From the left margin: an echoed "^C" has moved the cursor.
    console.draw("\r\u{1B}[\(state.drawn)A\u{1B}[J")
    state.drawn = 0
  }

  private func draw(_ state: inout State) {
    guard console.storyIsTerminal else { return }
    let now = ContinuousClock.now
    let rows = state.rows.sorted { $0.value.started < $1.value.started }.prefix(12)
    var lines = rows.map { id, row in
      line(id, row.text(at: now, " ")).clipped(to: console.width - 1)
    }
    if total > 0 { lines.append(console.storyStyle.ink(.faint, "  \(state.done) of \(total) done")) }
    console.draw(lines.map { $0 + "\n" }.joined())
    state.drawn = lines.count
  }

  static func doing(_ verb: Step.Verb) -> String {
    switch verb {
    case .create: "creating"
    case .update: "updating"
    case .delete: "deleting"
    }
  }

  static func did(_ verb: Step.Verb) -> String {
    switch verb {
    case .create: "created"
    case .update: "updated"
    case .delete: "deleted"
    }
  }
}

extension Departure {
  /// `deleted`, `deletion scheduled for 2026-12-22`, `kept: snapshots are encrypted with it`.
  var words: String {
    switch self {
    case .gone: "deleted"
    case .withParent: "goes with what it is part of"
    case .scheduled(let day): "deletion scheduled" + (day.map { " for \($0)" } ?? "")
    case .kept(let reason): "kept: \(reason)"
    }
  }
}
