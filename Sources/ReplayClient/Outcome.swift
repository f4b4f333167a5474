// SPDX-License-Identifier: Apache-2.0

/// What has become of a transaction.
public enum Outcome: Sendable, Hashable {
  /// It is in the database, once. `seen` is 1 when it was applied just now, more when it had been before.
  case applied(seen: Int)
  /// It will never be applied as it is. `cause` is a SQLSTATE, `mismatch` (the id belongs to another transaction) or
  /// `malformed`, and fit for a log. `forgotten`: a commit of it was in doubt for longer than anybody remembers, so look
  /// before it is resubmitted. Unless it was refused at the door, it is parked.
  case refused(cause: String)
  /// The time that the caller gave has passed. It stays in the buffer and goes on in the background.
  case pending
  /// It is in the queue; the stack's replay worker applies it.
  case accepted
}

/// Why a transaction was not taken: nothing of it, but for `broken`.
public enum ReplayError: Error, Sendable, Hashable {
  /// A bound of the buffer, or the disk: slow down, and submit it again.
  case full(String)
  /// Another process, or another client of this one, has the folder.
  case inUse(String)
  /// A record in the middle of the log is false. The text names file, line, byte and the way out.
  case damaged(String)
  /// The disk failed: what is on it is not known, so nothing is taken until the buffer is opened again. What was being
  /// written may be there then, and goes on; under the same id it may be submitted once more in any case.
  case broken(String)
  /// The client was closed.
  case closed
  /// A setting, the region or the credentials make no sense.
  case invalid(String)
  /// No transaction of this id is parked.
  case notParked(id: String)
  /// The ledger or the queue could not be asked: nothing is known.
  case unavailable(String)
}

extension ReplayError: CustomStringConvertible {
  /// What is wrong, and where it can be said the way out.
  public var description: String {
    switch self {
    case .full(let text), .inUse(let text), .damaged(let text), .broken(let text), .invalid(let text),
      .unavailable(let text):
      text
    case .closed: "the client is closed"
    case .notParked(let id): "no transaction \"\(id)\" is parked"
    }
  }
}

/// A transaction that was refused and waits for somebody to look at it.
public struct ParkedTransaction: Sendable, Hashable {
  /// The transaction's id.
  public let id: String
  /// The transaction's key.
  public let key: String
  /// A SQLSTATE, `mismatch`, `malformed` or `forgotten`.
  public let cause: String
  /// Unix seconds.
  public let parkedAt: Double
  /// The JSON text as it was submitted.
  public let body: String
}
