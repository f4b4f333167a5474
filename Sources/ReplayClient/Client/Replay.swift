// SPDX-License-Identifier: Apache-2.0

public import Logging

/// Applies transactions exactly once, through failovers, crashes of this process and answers that were lost.
///
/// A transaction is on this machine's disk before it is attempted, and enters a ledger in the database as its own first
/// statement; so one whose commit nobody confirmed is settled by asking, and never repeated blindly. What is left in the
/// folder when the process ends goes on as soon as a client is opened over it again.
///
///     let replay = try await Replay(folder: "/var/lib/payments/replay", target: target)
///     let outcome = try await replay.submit(transaction, within: .seconds(30))
public final class Replay: Sendable {
  private let engine: Engine
  private let clock: ReplayClock

  /// Opens the buffer in `folder`, which is made if there is none and belongs to this client alone: on a disk that
  /// outlives the process.
  ///
  /// - Throws: `inUse` when another client has the folder; `damaged` and `broken` for what the disk has or does;
  ///   `invalid` for settings that make no sense.
  public convenience init(
    folder: String, target: DataAPITarget, settings: ReplaySettings = ReplaySettings(),
    logger: Logger = Logger(label: "harecon.replay")
  ) async throws(ReplayError) {
    try settings.check()
    let buffer = try FileBuffer(folder: folder, logger: logger)
    await self.init(
      Engine.Parts(
        target: target, buffer: buffer, ledger: target.ledger, settings: settings, clock: .system,
        random: { Double.random(in: 0..<1) }, logger: logger))
  }

  init(_ parts: Engine.Parts) async {
    clock = parts.clock
    engine = Engine(parts)
    await engine.serve()
  }

  /// What became of the transaction within `time`; `pending` when it goes on in the background, or this task is
  /// cancelled.
  ///
  /// Returns only once the transaction is durable, unless it was refused at the door. The same id and statements again
  /// join the one that is under way.
  ///
  /// - Throws: `full` and `closed`, then nothing of it was taken; `broken`, then that is not known: submit it again, under
  ///   the same id, as soon as the buffer is open again.
  public func submit(_ transaction: Transaction, within time: Duration = .seconds(30)) async throws(ReplayError)
    -> Outcome
  {
    try await engine.accept(transaction).outcome(within: time, clock)
  }

  /// From the buffer, or else from the ledger; nil when neither knows the id.
  ///
  /// - Throws: `unavailable` when the ledger cannot be asked.
  public func outcome(of id: String) async throws(ReplayError) -> Outcome? { try await engine.outcome(of: id) }

  /// What was refused, and stays until somebody decides.
  public func parked() async -> [ParkedTransaction] {
    await engine.parked().map {
      ParkedTransaction(id: $0.id, key: $0.key, cause: $0.cause ?? "", parkedAt: $0.parkedAt ?? 0, body: $0.body)
    }
  }

  /// Submits a parked transaction once more, behind all others of its key.
  ///
  /// - Throws: `notParked`, and what `submit` throws.
  public func resubmit(_ id: String, within time: Duration = .seconds(30)) async throws(ReplayError) -> Outcome {
    try await engine.resubmit(id).outcome(within: time, clock)
  }

  /// Forgets a parked transaction for good.
  ///
  /// - Throws: `notParked`, `full`, `broken`, `closed`.
  public func discard(_ id: String) async throws(ReplayError) { try await engine.discard(id) }

  /// Waits for what is in the air, for as long as an attempt may take, and lets go of the folder. What waits stays in it.
  public func close() async { await engine.close() }
}

extension ReplaySettings {
  func check() throws(ReplayError) {
    guard concurrency > 0, maxEntries > 0, maxBytes > 0, maxParked > 0, drainPerSecond > 0 else {
      throw .invalid("concurrency, the bounds and drainPerSecond must be above 0")
    }
    guard attempt > .zero, pauseBase > .zero, pauseCap >= pauseBase, maxAge > .zero, retain >= .zero, ledgerKeep > .zero
    else { throw .invalid("times must be above 0, and pauseCap no less than pauseBase") }
    guard ledgerKeep > maxAge else {
      throw .invalid(
        "ledgerKeep must be above maxAge: what waits longer than the ledger remembers could be applied twice")
    }
  }
}
