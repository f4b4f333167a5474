// SPDX-License-Identifier: Apache-2.0

internal import Logging

/// A client's work: writes what must be durable, flies what may fly, tells who waits.
actor Engine {
  struct Parts: Sendable {
    var target: any Target
    var buffer: FileBuffer
    var ledger: Ledger
    var settings: ReplaySettings
    var clock: ReplayClock
    /// In 0 ..< 1.
    var random: @Sendable () -> Double
    var logger: Logger
  }

  private let parts: Parts
  private var desk: Desk
  private var isServing = false
  private var isClosed = false
  private var flights = 0
  private var alarm: Task<Void, Never>?
  private var closing: Task<Void, Never>?
  private var closers: [CheckedContinuation<Void, Never>] = []

  init(_ parts: Parts) {
    self.parts = parts
    let jitter = Jitter(base: parts.settings.pauseBase, cap: parts.settings.pauseCap, random: parts.random)
    desk = Desk(parts.buffer.state, parts.settings, jitter, now: parts.clock.moment())
  }

  // MARK: Taking in

  /// Returns when the transaction is durable; throws when nothing of it was taken.
  func accept(_ transaction: Transaction) async throws(ReplayError) -> Ticket {
    try checkOpen()
    return try await put(try desk.receive(transaction, unix: parts.clock.unix()))
  }

  func resubmit(_ id: String) async throws(ReplayError) -> Ticket {
    try checkOpen()
    return try await put(try desk.resubmit(id, unix: parts.clock.unix()))
  }

  private func put(_ reception: Desk.Reception) async throws(ReplayError) -> Ticket {
    switch reception {
    case .known(let ticket):
      // Whoever put it may still wait for the disk.
      try await ticket.stored()
      return ticket
    case .put(let stored, let ticket):
      do throws(ReplayError) {
        try await parts.buffer.append(.put(id: stored.id, key: stored.key, at: stored.at, body: stored.body))
      } catch {
        desk.wasNotPut(stored.id, error)
        throw error
      }
      desk.wasPut(stored.id)
      changed()
      return ticket
    }
  }

  private func checkOpen() throws(ReplayError) {
    if isClosed { throw .closed }
  }

  // MARK: Asking

  func parked() -> [StoredTransaction] { desk.parkedTransactions }

  func discard(_ id: String) async throws(ReplayError) {
    try checkOpen()
    guard desk.beginDiscarding(id) else { throw .notParked(id: id) }
    do throws(ReplayError) {
      try await parts.buffer.append(.done(id: id))
      desk.endDiscarding(id, succeeded: true)
    } catch {
      desk.endDiscarding(id, succeeded: false)
      throw error
    }
  }

  /// nil when neither the buffer nor the ledger knows the id.
  func outcome(of id: String) async throws(ReplayError) -> Outcome? {
    if let outcome = desk.outcome(of: id) { return outcome }
    do throws(TargetError) {
      let seen = try await parts.target.settle(id: id, xid: nil, within: parts.settings.attempt).seen
      return seen > 0 ? .applied(seen: seen) : nil
    } catch {
      if error.saysMissing(parts.ledger) { return nil }
      throw .unavailable("the ledger could not be asked: \(error.brief)")
    }
  }

  // MARK: Flights

  /// The next flight, if one may begin now. Whoever takes it flies it.
  func takeOff() async -> Takeoff? {
    for id in desk.takeReleased(at: parts.clock.moment()) {
      // Before the id is forgotten, as below.
      await finish(id)
      desk.release(id)
    }
    return desk.take(at: parts.clock.moment(), unix: parts.clock.unix())
  }

  func nextMoment() -> Duration? { desk.nextMoment(after: parts.clock.moment()) }

  func fly(_ takeoff: Takeoff) async {
    let id = takeoff.stored.id
    var (landing, isAttempt) = await takeoff.fly(to: parts.target, ledger: parts.ledger, settings: parts.settings) {
      xid in
      await self.note(id, xid: xid)
    }
    var outcome: Outcome?
    switch landing {
    case .refused(let cause):
      if await parks(takeoff.stored, cause) {
        outcome = .refused(cause: cause)
      } else {
        landing = .failed(.again, TargetError("the buffer could not park it"), isInDoubt: false, xid: nil)
      }
    case .applied(let seen):
      outcome = .applied(seen: seen)
      // Before the id is forgotten: put once more, it must not be ended by this.
      if parts.settings.retain == .zero { await finish(id) }
    case .failed(_, let error, _, _):
      parts.logger.info("a transaction is tried again", metadata: ["id": "\(id)", "error": "\(error.brief)"])
    case .underway, .kept: break
    }
    if takeoff.purpose == .recheck, isAttempt {
      parts.logger.warning("the database had lost a transaction that it had confirmed", metadata: ["id": "\(id)"])
      desk.lost(id)
    }
    let ticket = desk.ticket(of: id)
    desk.landed(id, landing, at: parts.clock.moment())
    // Whoever hears of it and submits the same id again starts anew.
    if let outcome { ticket?.end(outcome) }
    changed()
  }

  private func note(_ id: String, xid: String) async -> Bool {
    desk.noted(id, xid: xid)
    return await keepsGoing("noted", .doubt(id: id, xid: xid), isDurable: true)
  }

  /// Waits for no disk: a transaction that comes back because this was lost finds itself in the ledger.
  private func finish(_ id: String) async { _ = await keepsGoing("ended", .done(id: id), isDurable: false) }

  private func parks(_ stored: StoredTransaction, _ cause: String) async -> Bool {
    var parked = stored
    parked.cause = cause
    parked.parkedAt = (parts.clock.unix() * 1000).rounded() / 1000
    guard await keepsGoing("parked", .parked(id: stored.id, cause: cause, at: parked.parkedAt ?? 0), isDurable: true)
    else { return false }
    desk.park(parked)
    return true
  }

  /// Whether it was written. Nothing stops for what the ledger knows as well: work that ends makes room.
  private func keepsGoing(_ what: String, _ record: LogRecord, isDurable: Bool) async -> Bool {
    do throws(ReplayError) {
      try await parts.buffer.append(record, isDurable: isDurable)
      return true
    } catch {
      parts.logger.warning("not \(what): \(error)", metadata: ["id": "\(record.id)"])
      return false
    }
  }

  // MARK: Serving

  /// From now on flies by itself, whenever there is something to fly.
  func serve() async {
    isServing = true
    await pump()
  }

  private func changed() {
    if isServing { Task { await pump() } }
  }

  private func pump() async {
    while isServing, let takeoff = await takeOff() {
      // Closed meanwhile: what was taken stays in the buffer.
      guard isServing else { return }
      flights += 1
      Task {
        await fly(takeoff)
        landed()
      }
    }
    alarm?.cancel()
    alarm = nil
    let now = parts.clock.moment()
    guard isServing, let moment = desk.nextMoment(after: now) else { return }
    let pause = max(.zero, moment - now)
    let clock = parts.clock
    alarm = Task { [weak self] in
      await clock.sleep(pause)
      if !Task.isCancelled { await self?.pump() }
    }
  }

  private func landed() {
    flights -= 1
    guard flights == 0 else { return }
    for closer in closers { closer.resume() }
    closers = []
  }

  /// Waits for what is in the air, for as long as an attempt may take. What waits stays in the buffer. Whoever closes it
  /// once more waits as well.
  func close() async {
    isClosed = true
    let task = closing ?? Task { await shut() }
    closing = task
    await task.value
  }

  private func shut() async {
    isServing = false
    alarm?.cancel()
    if flights > 0 { await withCheckedContinuation { closers.append($0) } }
    for ticket in desk.tickets { ticket.end(.pending) }
    await parts.buffer.close()
  }
}
