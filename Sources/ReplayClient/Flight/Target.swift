// SPDX-License-Identifier: Apache-2.0

/// A database with its ledger, as a client asks it; used by several flights at a time.
protocol Target: Sendable {
  /// A transaction, which has `time` from now for all that it does.
  func begin(within time: Duration) async throws(TargetError) -> any Session

  /// Makes the ledger, if there is none.
  func make(within time: Duration) async throws(TargetError)

  /// Asks, in one statement and outside of any transaction, for the row of an id and for an attempt.
  func settle(id: String, xid: String?, within time: Duration) async throws(TargetError) -> Settled
}

/// One open transaction.
protocol Session: Sendable {
  func enter(id: String, bodyHash: String) async throws(TargetError) -> Entered

  func execute(_ statement: Statement) async throws(TargetError)

  /// Answers the warning with which the server confirmed, if there was one: then nothing is certain.
  func commit() async throws(TargetError) -> String?

  /// Also after a failure, and when the time is over.
  func rollBack() async throws(TargetError)
}
