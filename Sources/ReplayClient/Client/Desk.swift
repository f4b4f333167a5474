// SPDX-License-Identifier: Apache-2.0

/// What a client has in its hands: takes transactions in, says which one flies next, hears how flights ended. No clock,
/// no disk, no database: its caller writes what is to be durable, and tells it.
struct Desk: Sendable {
  /// A transaction that the buffer has, or is about to have.
  private struct Held: Sendable {
    let order: Int
    let ticket: Ticket
    var stored: StoredTransaction
    /// An earlier attempt may have got through.
    var mayBeApplied = false
    /// Its next flight begins by asking what became of it.
    var isInDoubt = false
    /// Applied, and kept until then in case that the database forgets it.
    var keptUntil: Duration?
  }

  /// A kept transaction's end.
  private struct Kept: Sendable, Comparable {
    let until: Duration
    let order: Int
    let id: ExactText

    static func < (a: Kept, b: Kept) -> Bool { (a.until, a.order) < (b.until, b.order) }
  }

  enum Reception: Sendable {
    /// Nothing is to be written: it is known already what becomes of it.
    case known(Ticket)
    case put(StoredTransaction, Ticket)
  }

  private let settings: ReplaySettings
  private var schedule: Schedule
  private var bounds: Bounds
  private var held: [ExactText: Held] = [:]
  private var ids: [Int: ExactText] = [:]
  private var parked: [ExactText: StoredTransaction] = [:]
  private var discarding: Set<ExactText> = []
  private var kept = Heap<Kept>()
  private var orders = 0

  init(_ state: LogState, _ settings: ReplaySettings, _ jitter: Jitter, now: Duration) {
    self.settings = settings
    schedule = Schedule(settings, jitter)
    bounds = Bounds(settings)
    for stored in state.parked { parked[ExactText(stored.id)] = stored }
    for stored in state.waiting {
      let entry = hold(stored)
      entry.ticket.endStoring(.success(()))
      held[ExactText(stored.id)]?.isInDoubt = stored.xid != nil
      held[ExactText(stored.id)]?.mayBeApplied = true
      schedule.add(entry.order, key: ExactText(stored.key))
    }
    if !held.isEmpty { schedule.drain(upTo: orders, at: now) }
  }

  // MARK: Taking in

  /// Fails with `full`. What is to be put is flown only once `wasPut` is told.
  mutating func receive(_ transaction: Transaction, unix: Double) throws(ReplayError) -> Reception {
    let body: TransactionBody
    do throws(Malformed) {
      body = try TransactionBody(transaction)
    } catch {
      return .known(Ticket(.refused(cause: "malformed")))
    }
    let id = ExactText(transaction.id)
    if let other = held[id]?.stored.body ?? parked[id]?.body, ExactText(other) != ExactText(body.text) {
      return .known(Ticket(.refused(cause: "mismatch")))
    }
    if let cause = parked[id]?.cause { return .known(Ticket(.refused(cause: cause))) }
    if let ticket = held[id]?.ticket { return .known(ticket) }
    return try reserve(
      StoredTransaction(id: transaction.id, key: transaction.key, at: Self.rounded(unix), body: body.text), unix)
  }

  /// A parked transaction goes behind all others of its key. Fails with `notParked` and `full`.
  mutating func resubmit(_ text: String, unix: Double) throws(ReplayError) -> Reception {
    let id = ExactText(text)
    guard let stored = parked[id], !discarding.contains(id) else { throw .notParked(id: text) }
    if let ticket = held[id]?.ticket { return .known(ticket) }
    return try reserve(
      StoredTransaction(id: stored.id, key: stored.key, at: Self.rounded(unix), body: stored.body), unix)
  }

  private mutating func reserve(_ stored: StoredTransaction, _ unix: Double) throws(ReplayError) -> Reception {
    try bounds.check(body: stored.body, now: unix, parked: parked.count)
    return .put(stored, hold(stored).ticket)
  }

  private mutating func hold(_ stored: StoredTransaction) -> Held {
    orders += 1
    let entry = Held(order: orders, ticket: Ticket(), stored: stored)
    held[ExactText(stored.id)] = entry
    ids[orders] = ExactText(stored.id)
    bounds.add(orders, body: stored.body, at: stored.at)
    return entry
  }

  mutating func wasPut(_ text: String) {
    let id = ExactText(text)
    guard let entry = held[id] else { return }
    parked[id] = nil
    entry.ticket.endStoring(.success(()))
    schedule.add(entry.order, key: ExactText(entry.stored.key))
  }

  /// Whoever submitted the same in the meantime hears of it too.
  mutating func wasNotPut(_ text: String, _ error: ReplayError) {
    held[ExactText(text)]?.ticket.endStoring(.failure(error))
    forget(ExactText(text))
  }

  private mutating func forget(_ id: ExactText) {
    guard let entry = held.removeValue(forKey: id) else { return }
    ids[entry.order] = nil
    bounds.remove(entry.order)
  }

  private static func rounded(_ unix: Double) -> Double { (unix * 1000).rounded() / 1000 }

  // MARK: Asking

  /// In the order in which they were parked.
  var parkedTransactions: [StoredTransaction] {
    parked.values.sorted { ($0.parkedAt ?? 0, $0.id) < ($1.parkedAt ?? 0, $1.id) }
  }

  var tickets: [Ticket] { held.values.map(\.ticket) }

  /// nil when neither those that wait nor the parked ones have the id.
  func outcome(of text: String) -> Outcome? {
    let id = ExactText(text)
    if let entry = held[id] { return entry.ticket.ending ?? .pending }
    return parked[id].map { .refused(cause: $0.cause ?? "") }
  }

  /// Whether a transaction of that id is parked, and not being resubmitted or discarded. Until `endDiscarding` it is
  /// neither: what is written about one id is written in one order.
  mutating func beginDiscarding(_ text: String) -> Bool {
    let id = ExactText(text)
    return parked[id] != nil && held[id] == nil && discarding.insert(id).inserted
  }

  mutating func endDiscarding(_ text: String, succeeded: Bool) {
    discarding.remove(ExactText(text))
    if succeeded { parked[ExactText(text)] = nil }
  }

  mutating func park(_ stored: StoredTransaction) { parked[ExactText(stored.id)] = stored }

  // MARK: Flights

  /// Ids whose time of being kept is over: they are done, and are to be released once that is written.
  mutating func takeReleased(at now: Duration) -> [String] {
    var ids: [String] = []
    while let first = kept.first, first.until <= now {
      kept.removeFirst()
      ids.append(first.id.text)
    }
    return ids
  }

  mutating func release(_ text: String) { forget(ExactText(text)) }

  mutating func take(at now: Duration, unix: Double) -> Takeoff? {
    guard let order = schedule.take(at: now), let id = ids[order], let entry = held[id] else { return nil }
    let purpose: Flight.Purpose
    if entry.keptUntil != nil {
      purpose = .recheck
    } else if entry.isInDoubt {
      purpose = .settle(xid: entry.stored.xid, age: .seconds(unix - entry.stored.at))
    } else {
      purpose = .apply
    }
    return Takeoff(stored: entry.stored, purpose: purpose, mayBeApplied: entry.mayBeApplied)
  }

  /// When there is something to do that is not to be done now; nil when nothing is known of.
  mutating func nextMoment(after now: Duration) -> Duration? {
    [schedule.nextMoment(after: now), kept.first?.until].compactMap { $0 }.min()
  }

  mutating func noted(_ text: String, xid: String) { held[ExactText(text)]?.stored.xid = xid }

  func ticket(of text: String) -> Ticket? { held[ExactText(text)]?.ticket }

  /// - Precondition: what the landing makes durable has been written.
  mutating func landed(_ text: String, _ landing: Landing, at now: Duration) {
    let id = ExactText(text)
    guard let order = held[id]?.order else { return }
    var isOut = false
    switch landing {
    case .failed(let meaning, _, let isInDoubt, let xid):
      isOut = meaning == .later
      if isOut { schedule.targetIsOut(order, at: now) }
      held[id]?.isInDoubt = isInDoubt
      if isInDoubt { held[id]?.mayBeApplied = true }
      held[id]?.stored.xid = xid
      schedule.paused(order, at: now)
    case .underway: schedule.paused(order, at: now)
    case .refused:
      schedule.left(order)
      forget(id)
    case .applied, .kept: schedule.left(order)
    }
    if !isOut, schedule.targetAnswers() { outageEnded(at: now) }
    switch landing {
    case .applied: keepOrForget(id, until: now + settings.retain)
    case .kept: keepOrForget(id, until: held[id]?.keptUntil ?? now)
    case .failed, .underway, .refused: break
    }
  }

  /// Whatever took over may lack what was confirmed before: those are asked for, ahead of what waits.
  private mutating func outageEnded(at now: Duration) {
    for entry in kept.removeAll() {
      guard let stored = held[entry.id]?.stored else { continue }
      schedule.add(entry.order, key: ExactText(stored.key))
    }
    schedule.drain(upTo: orders, at: now)
  }

  private mutating func keepOrForget(_ id: ExactText, until: Duration) {
    guard settings.retain > .zero, let order = held[id]?.order else { return forget(id) }
    held[id]?.isInDoubt = false
    held[id]?.keptUntil = until
    kept.insert(Kept(until: until, order: order, id: id))
  }

  /// The database has lost it after it had confirmed it: it is applied like any other.
  mutating func lost(_ text: String) { held[ExactText(text)]?.keptUntil = nil }
}
