// SPDX-License-Identifier: Apache-2.0

/// Which transaction flies next, and when. It asks nobody and keeps no clock: moments are its caller's, since any start.
///
/// One flight per key at a time, in the order in which they were put; other keys pass. Of those that may fly it is the one
/// that was tried longest ago, and among those never tried the oldest. While the database is out one flight at a time asks
/// whether it is back. What waited through that is drained at a limited rate; what came after it is not held up by it.
struct Schedule: Sendable {
  /// A transaction's place in the order in which all were put.
  typealias Order = Int

  private struct Entry: Sendable {
    let key: ExactText
    var pause: Duration?
    /// nil: as soon as it is the first of its key.
    var readyAt: Duration?
    var flownAt: Duration?
  }

  /// A first of its key that waits; outdated ones are dropped when they are met.
  private struct Turn: Sendable, Comparable {
    /// nil: never tried.
    let moment: Duration?
    let order: Order

    static func < (a: Turn, b: Turn) -> Bool {
      if a.moment == b.moment { return a.order < b.order }
      guard let moment = a.moment else { return true }
      return b.moment.map { moment < $0 } ?? false
    }
  }

  private struct Outage: Sendable {
    let since: Duration
    let pause: Duration
    let probeAt: Duration
  }

  private let concurrency: Int
  private let drainPerSecond: Double
  private let jitter: Jitter
  private var entries: [Order: Entry] = [:]
  private var keys: [ExactText: [Order]] = [:]
  private var fresh = Heap<Turn>()
  private var backlog = Heap<Turn>()
  private var pausing = Heap<Turn>()
  /// Keys of which one is in the air.
  private var flying: Set<ExactText> = []
  private var outage: Outage?
  /// Entries up to this one waited through an outage; the next of them may fly at `drainAt`.
  private var drainedTo: Order = -1
  private var drainAt: Duration?

  init(_ settings: ReplaySettings, _ jitter: Jitter) {
    concurrency = settings.concurrency
    drainPerSecond = settings.drainPerSecond
    self.jitter = jitter
  }

  var isOut: Bool { outage != nil }

  /// Behind those of its key that were put before it, and before those put after.
  mutating func add(_ order: Order, key: ExactText) {
    entries[order] = Entry(key: key)
    var waiting = keys[key] ?? []
    let place = (waiting.lastIndex { $0 < order }).map { $0 + 1 } ?? 0
    waiting.insert(order, at: place)
    keys[key] = waiting
    if place == 0 { offer(order) }
  }

  /// Holds the entries up to `last` to the limited rate.
  mutating func drain(upTo last: Order, at now: Duration) {
    drainedTo = max(drainedTo, last)
    let start = now + jitter.within(.zero, jitter.base)
    drainAt = max(drainAt ?? start, start)
    for turn in fresh.removeAll() + backlog.removeAll() { offer(turn.order) }
  }

  /// The next flight, if one may begin now.
  mutating func take(at now: Duration) -> Order? {
    wake(at: now)
    guard flying.count < concurrency else { return nil }
    if let outage, !flying.isEmpty || now < outage.probeAt { return nil }
    guard let order = choose(at: now), let key = entries[order]?.key else { return nil }
    entries[order]?.flownAt = now
    flying.insert(key)
    return order
  }

  /// When something may fly that may not now; nil when that depends on a landing, or on something new.
  mutating func nextMoment(after now: Duration) -> Duration? {
    wake(at: now)
    if flying.count >= concurrency || (outage != nil && !flying.isEmpty) { return nil }
    var moments = [pausing.first?.moment].compactMap { $0 }
    if Self.head(&fresh, of: self) != nil { moments.append(now) }
    if Self.head(&backlog, of: self) != nil { moments.append(outage == nil ? max(now, drainAt ?? now) : now) }
    guard let first = moments.min() else { return nil }
    return outage.map { max(first, $0.probeAt) } ?? first
  }

  // MARK: Landings

  /// It is done with, one way or the other; the next of its key may fly.
  mutating func left(_ order: Order) {
    guard let entry = entries.removeValue(forKey: order), var waiting = keys[entry.key] else { return }
    flying.remove(entry.key)
    waiting.removeAll { $0 == order }
    keys[entry.key] = waiting.isEmpty ? nil : waiting
    if let first = waiting.first { offer(first) }
  }

  /// It is tried again after its own pause, which grows.
  mutating func paused(_ order: Order, at now: Duration) {
    guard var entry = entries[order] else { return }
    let pause = jitter.next(after: entry.pause)
    entry.pause = pause
    entry.readyAt = now + pause
    entries[order] = entry
    flying.remove(entry.key)
    if let first = keys[entry.key]?.first { offer(first) }
  }

  /// As that flight has found. One that was in the air when the outage began has nothing new to tell, and the pause does
  /// not grow by it.
  mutating func targetIsOut(_ order: Order, at now: Duration) {
    if let outage, let flownAt = entries[order]?.flownAt, flownAt <= outage.since { return }
    let pause = jitter.next(after: outage?.pause)
    outage = Outage(since: outage?.since ?? now, pause: pause, probeAt: now + pause)
  }

  /// Whether that ends an outage.
  mutating func targetAnswers() -> Bool {
    defer { outage = nil }
    return outage != nil
  }

  // MARK: Firsts of their keys

  private mutating func offer(_ order: Order) {
    guard let entry = entries[order] else { return }
    if let readyAt = entry.readyAt {
      pausing.insert(Turn(moment: readyAt, order: order))
    } else if order <= drainedTo {
      backlog.insert(Turn(moment: entry.flownAt, order: order))
    } else {
      fresh.insert(Turn(moment: entry.flownAt, order: order))
    }
  }

  private mutating func wake(at now: Duration) {
    while let turn = pausing.first {
      let isFirst = self.isFirst(turn.order)
      guard !isFirst || (turn.moment ?? now) <= now else { return }
      pausing.removeFirst()
      guard isFirst, let readyAt = entries[turn.order]?.readyAt, readyAt <= now else { continue }
      entries[turn.order]?.readyAt = nil
      offer(turn.order)
    }
  }

  private mutating func choose(at now: Duration) -> Order? {
    let first = Self.head(&fresh, of: self)
    let mayDrain = outage != nil || now >= drainAt ?? now
    let waited = mayDrain ? Self.head(&backlog, of: self) : nil
    if let waited, first.map({ waited < $0 }) ?? true {
      backlog.removeFirst()
      drainAt = now + .seconds(1) / drainPerSecond
      return waited.order
    }
    if first != nil { fresh.removeFirst() }
    return first?.order
  }

  private static func head(_ heap: inout Heap<Turn>, of schedule: Schedule) -> Turn? {
    while let turn = heap.first {
      if let entry = schedule.entries[turn.order], schedule.isFirst(turn.order), entry.readyAt == nil,
        entry.flownAt == turn.moment
      {
        return turn
      }
      heap.removeFirst()
    }
    return nil
  }

  /// And nobody of its key is in the air.
  private func isFirst(_ order: Order) -> Bool {
    guard let entry = entries[order], let waiting = keys[entry.key] else { return false }
    return waiting.first == order && !flying.contains(entry.key)
  }
}
