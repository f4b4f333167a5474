// SPDX-License-Identifier: Apache-2.0

/// The ledger: one row for each transaction that was applied, written by the transaction itself.
///
/// The stack's replay worker writes the same table; a test holds the statements equal to its own.
struct Ledger: Sendable, Hashable {
  let name: String

  init(_ name: String) throws(ReplayError) {
    let bytes = Array(name.utf8)
    let isName = bytes.allSatisfy {
      (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
    }
    guard isName, (1...63).contains(bytes.count), (0x61...0x7A).contains(bytes[0]) else {
      throw .invalid("\"\(name)\" is no name of a table: write 1 to 63 of a-z, 0-9 and _, a letter first")
    }
    self.name = name
  }

  /// Each may be repeated; two that run at once may still be refused, one of them (23505, 42710, 42P07).
  var making: [String] {
    [
      "create table if not exists \(name) ("
        + "id text primary key, body text not null, seen integer not null default 1,"
        + " xid xid8 not null default pg_current_xact_id(),"
        + " applied_at timestamptz not null default clock_timestamp())",
      "create index if not exists \(name)_applied_at on \(name) (applied_at)",
    ]
  }

  /// The first statement of each attempt; answers `seen`, the body's hash and this attempt's own number.
  ///
  /// First, so that a repeat waits for an attempt that still runs somewhere. And `do update`, not `do nothing`: a commit
  /// that writes nothing waits for no standby, and would confirm what only a dying writer has.
  var entering: String {
    "insert into \(name) (id, body) values (:id, :body)"
      + " on conflict (id) do update set seen = \(name).seen + 1 returning seen, body,"
      + " pg_current_xact_id()::text as xid"
  }

  /// What became of a commit: `seen` of the id's row, 0 without one, and the state of attempt `:xid`.
  ///
  /// `pg_xact_status` is `in progress`, `committed`, `aborted`, or null for one that is too old to be known. It refuses
  /// (22023) a number that was not given out yet: a writer that crashed may have forgotten that it gave it.
  var settling: String {
    "select coalesce((select seen from \(name) where id = :id), 0) as seen,"
      + " pg_xact_status(cast(:xid as xid8)) as status"
  }
}
