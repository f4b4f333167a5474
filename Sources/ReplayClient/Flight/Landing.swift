// SPDX-License-Identifier: Apache-2.0

/// How a flight ended.
enum Landing: Sendable, Hashable {
  case applied(seen: Int)
  case refused(cause: String)
  /// Without a result: to be flown again. `isInDoubt`: its commit was sent, and the next flight begins by asking what
  /// became of attempt `xid`.
  case failed(TargetError.Meaning, TargetError, isInDoubt: Bool, xid: String?)
  /// Its doubt could not be settled: the attempt is still in progress somewhere.
  case underway
  /// A kept transaction is still in the database.
  case kept(seen: Int)
}

/// The ledger's answer to `entering`. `seen` is 1 for a transaction that was never applied.
struct Entered: Sendable, Hashable {
  var seen: Int
  /// The hash that the row has.
  var body: String
  var xid: String
}

/// The ledger's row of an id, `seen` 0 without one, and an attempt's state as `pg_xact_status` tells it.
struct Settled: Sendable, Hashable {
  var seen: Int
  var status: String?
}
