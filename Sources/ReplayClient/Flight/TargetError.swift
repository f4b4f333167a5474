// SPDX-License-Identifier: Apache-2.0

/// What a database answered instead of doing what it was asked, or that it did not answer.
///
/// Without `code` and `sqlstate` the answer never came: the call may have had its effect or not.
struct TargetError: Error, Sendable, Hashable {
  /// May quote the transaction's values: not for a log.
  var message: String
  /// The Data API's.
  var code: String?
  /// PostgreSQL's.
  var sqlstate: String?

  init(_ message: String, code: String? = nil, sqlstate: String? = nil) {
    self.message = message
    self.code = code
    self.sqlstate = sqlstate
  }

  /// What is to be done about it.
  enum Meaning: Sendable, Hashable {
    /// It will never be taken: a constraint, a type, a name that does not exist.
    case refused
    /// It may be taken when it is tried again: another one was in the way.
    case again
    /// Nothing will be taken for now: no writer, no credentials, too many requests.
    case later
  }

  /// The same as the replay worker's reading (`shared/refusals.py`).
  var meaning: Meaning {
    if let sqlstate {
      if Self.passing.contains(sqlstate) { return .again }
      // 40002 is a constraint that was checked at the commit.
      return sqlstate == "40002" || Self.refusedClasses.contains(String(sqlstate.prefix(2))) ? .refused : .later
    }
    switch code {
    case "BadRequestException", "SerializationException", "UnsupportedResultException", "ValidationException":
      return .refused
    case "StatementTimeoutException", "TransactionNotFoundException": return .again
    // The service's codes, of which new ones may come.
    default: return .later
    }
  }

  /// Of a refusal; fit for a log.
  var cause: String { sqlstate ?? "malformed" }

  /// Fit for a log.
  var brief: String { [code, sqlstate].compactMap { $0 }.joined(separator: " ").nonEmpty ?? "no answer" }

  /// The server itself says that this commit did not happen. Anything else leaves it in doubt: 40003 is
  /// `statement_completion_unknown`, and a server that goes down (57P01) may have written the commit before.
  var isFinalAtCommit: Bool { sqlstate != nil && sqlstate != "40003" && meaning != .later }

  /// When two make the ledger in the same moment, one of them is told so.
  var saysMadeByAnother: Bool { ["23505", "42710", "42P07"].contains(sqlstate) }

  /// Of an error of one transaction's statement that means `later`: whether others would meet it as well.
  ///
  /// A SQLSTATE that is in no list (54000, a row too large for its index; 25001, 2D000, what no transaction may do) may lie
  /// in this statement: it holds up its own key, and not everybody.
  var befallsAll: Bool {
    guard let sqlstate else { return true }
    return sqlstate == "25006" || Self.serverClasses.contains(String(sqlstate.prefix(2)))
  }

  /// Of an error of the ledger's statement, which is not the transaction's own: only the id in it is. What the database
  /// has no characters for is class 22; all else (rights, the table's shape) would befall every other one too.
  var liesInID: Bool { sqlstate?.hasPrefix("22") == true }

  func saysMissing(_ ledger: Ledger) -> Bool { sqlstate == "42P01" && message.contains(ledger.name) }

  /// By the first two characters: what lies in the statement or in its data.
  private static let refusedClasses: Set<String> = [
    "0A", "20", "21", "22", "23", "27", "2B", "2F", "38", "39", "42", "44", "P0",
  ]
  /// No connection, no rights, no such database, no room, going down, a broken machine.
  private static let serverClasses: Set<String> = ["08", "28", "3D", "53", "57", "58", "F0"]
  /// What lies in other transactions, and in how long this one took.
  private static let passing: Set<String> = ["40001", "40003", "40P01", "55P03", "57014"]
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
