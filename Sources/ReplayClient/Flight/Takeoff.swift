// SPDX-License-Identifier: Apache-2.0

/// A flight that may begin now.
struct Takeoff: Sendable {
  let stored: StoredTransaction
  let purpose: Flight.Purpose
  /// An earlier attempt may have got through.
  let mayBeApplied: Bool

  /// Flies to its end; answers too whether an attempt was begun. `note` makes an attempt's number durable and answers whether it could.
  func fly(
    to target: any Target, ledger: Ledger, settings: ReplaySettings, note: @Sendable (String) async -> Bool
  ) async -> (landing: Landing, isAttempt: Bool) {
    let body = TransactionBody(text: stored.body)
    let transaction: Transaction
    do throws(Malformed) {
      transaction = try body.transaction(key: stored.key)
    } catch {
      return (.refused(cause: "malformed"), false)
    }
    var flight = Flight(
      purpose, statements: transaction.statements.count, bodyHash: body.hash, ledger: ledger,
      ledgerKeep: settings.ledgerKeep, mayBeApplied: mayBeApplied)
    var session: (any Session)?
    var step = flight.start()
    while true {
      switch step {
      case .land(let landing): return (landing, flight.isAttempt)
      case .call(let call):
        let answer: Flight.Answer
        do throws(TargetError) {
          answer = try await ask(call, transaction, body.hash, target, &session, settings.attempt, note)
        } catch {
          answer = .failed(error)
        }
        step = flight.told(answer)
      }
    }
  }

  private func ask(
    _ call: Flight.Call, _ transaction: Transaction, _ bodyHash: String, _ target: any Target,
    _ session: inout (any Session)?, _ time: Duration, _ note: @Sendable (String) async -> Bool
  ) async throws(TargetError) -> Flight.Answer {
    switch call {
    case .settle(let xid): return .settled(try await target.settle(id: stored.id, xid: xid, within: time))
    case .make: try await target.make(within: time)
    case .begin: session = try await target.begin(within: time)
    case .note(let xid):
      if await !note(xid) { throw TargetError("the buffer could not note it") }
    case .enter, .execute, .commit, .rollBack:
      guard let session else { preconditionFailure("no transaction is open") }
      return try await ask(call, transaction, bodyHash, session)
    }
    return .done
  }

  private func ask(
    _ call: Flight.Call, _ transaction: Transaction, _ bodyHash: String, _ session: any Session
  ) async throws(TargetError) -> Flight.Answer {
    switch call {
    case .enter: return .entered(try await session.enter(id: stored.id, bodyHash: bodyHash))
    case .execute(let index): try await session.execute(transaction.statements[index])
    case .commit: return .committed(warning: try await session.commit())
    case .rollBack: try await session.rollBack()
    case .settle, .make, .begin, .note: preconditionFailure("no call of an open transaction")
    }
    return .done
  }
}
