// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ReplayClient

/// Flights that overlap, which the cases do not have.
@Suite("Which transaction flies next")
struct ScheduleTests {
  private func schedule(_ keys: [String], concurrency: Int = 8) -> Schedule {
    var settings = ReplaySettings()
    settings.concurrency = concurrency
    let jitter = Jitter(base: .milliseconds(100), cap: .seconds(2), random: { 0.5 })
    var made = Schedule(settings, jitter)
    for (order, key) in keys.enumerated() { made.add(order, key: ExactText(key)) }
    return made
  }

  private func taken(_ schedule: inout Schedule, at now: Duration = .zero) -> [Int] {
    var found: [Int] = []
    while let order = schedule.take(at: now) { found.append(order) }
    return found
  }

  @Test("a key has one flight at a time")
  func keys() {
    var made = schedule(["a", "a", "b", "a", "b"])
    #expect(taken(&made) == [0, 2])
    made.left(2)
    #expect(taken(&made) == [4])
    made.left(0)
    made.left(4)
    #expect(taken(&made) == [1])
    #expect(made.nextMoment(after: .zero) == nil)
  }

  @Test("an outage that many flights meet at once is one, and its first probe waits no longer")
  func outage() {
    var made = schedule("abcdefgh".map { String($0) })
    #expect(taken(&made, at: .seconds(1)) == Array(0..<8))
    for order in 0..<8 {
      made.targetIsOut(order, at: .seconds(2))
      made.paused(order, at: .seconds(2))
    }
    #expect(made.nextMoment(after: .seconds(2)) == .milliseconds(2200))
    #expect(taken(&made, at: .milliseconds(2200)) == [0])
    // The probe's own failure counts.
    made.targetIsOut(0, at: .seconds(3))
    made.paused(0, at: .seconds(3))
    #expect(made.nextMoment(after: .seconds(3)) == .milliseconds(3350))
  }

  @Test("ten thousand of one key are no more work each than ten", .timeLimit(.minutes(1)))
  func hotKey() {
    var made = schedule(Array(repeating: "a", count: 10_000))
    for order in 0..<10_000 {
      #expect(made.take(at: .zero) == order)
      _ = made.nextMoment(after: .zero)
      made.left(order)
    }
    #expect(made.take(at: .zero) == nil)
  }
}
