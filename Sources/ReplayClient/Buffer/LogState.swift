// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A transaction as the log has it.
struct StoredTransaction: Sendable, Hashable {
  let id: String
  let key: String
  /// When it was put, in Unix seconds.
  var at: Double
  let body: String
  /// An attempt in doubt.
  var xid: String?
  /// Of a parked one: why, and when, in Unix seconds.
  var cause: String?
  var parkedAt: Double?

  /// What a log has to say for this to be read from it.
  var records: [LogRecord] {
    var records: [LogRecord] = [.put(id: id, key: key, at: at, body: body)]
    if let xid { records.append(.doubt(id: id, xid: xid)) }
    if let cause, let parkedAt { records.append(.parked(id: id, cause: cause, at: parkedAt)) }
    return records
  }
}

/// What a log comes to: who waits and who is parked.
struct LogState: Sendable {
  private struct Entry: Sendable {
    let place: Int
    var stored: StoredTransaction
    /// In bytes, of all of its lines.
    var length: Int
  }

  private var entries: [ExactText: Entry] = [:]
  private var places = 0
  /// Bytes of the lines that still count.
  private(set) var liveBytes = 0

  /// In the order in which they were put.
  var waiting: [StoredTransaction] { stored.filter { $0.cause == nil } }
  /// In the order in which they were put.
  var parked: [StoredTransaction] { stored.filter { $0.cause != nil } }

  private var stored: [StoredTransaction] {
    entries.values.sorted { $0.place < $1.place }.map(\.stored)
  }

  /// - Parameter length: of the record's line, in bytes.
  mutating func take(_ record: LogRecord, length: Int) {
    let id = ExactText(record.id)
    switch record {
    case .put(let text, let key, let at, let body):
      places += 1
      remove(id)
      let stored = StoredTransaction(id: text, key: key, at: at, body: body)
      entries[id] = Entry(place: places, stored: stored, length: length)
      liveBytes += length
    case .doubt(_, let xid):
      change(id, length) { $0.xid = xid }
    case .done:
      remove(id)
    case .parked(_, let cause, let at):
      change(id, length) {
        $0.cause = cause
        $0.parkedAt = at
      }
    }
  }

  /// Nothing is known of a transaction that is parked but that somebody may look at it.
  private mutating func change(_ id: ExactText, _ length: Int, _ change: (inout StoredTransaction) -> Void) {
    guard var entry = entries[id], entry.stored.cause == nil else { return }
    change(&entry.stored)
    entry.length += length
    liveBytes += length
    entries[id] = entry
  }

  private mutating func remove(_ id: ExactText) {
    if let entry = entries.removeValue(forKey: id) { liveBytes -= entry.length }
  }
}

extension LogState {
  /// Reads a whole log; answers how many of its bytes are good.
  ///
  /// What is behind them is one record at most, which was being written and never acknowledged.
  static func read(_ bytes: [UInt8], path: String) throws(ReplayError) -> (state: LogState, good: Int) {
    var state = LogState()
    var offset = 0
    var number = 0
    while offset < bytes.count {
      number += 1
      let lineFeed = bytes[offset...].firstIndex(of: 0x0A)
      let end = lineFeed.map { $0 + 1 } ?? bytes.count
      let json = lineFeed.flatMap { LogRecord.read(bytes[offset..<$0]) }
      if json == nil, isTorn(bytes[offset...]), number > 1 || isBeginningOfHeader(bytes) { break }
      if number == 1 {
        guard let json, LogRecord.isHeader(json) else {
          throw .damaged("\"\(path)\" is no log of this client, version 1: give the buffer a folder of its own")
        }
      } else if let record = json.flatMap(LogRecord.init) {
        state.take(record, length: end - offset)
      } else {
        throw .damaged(
          "\"\(path)\" is damaged at line \(number), byte \(offset): restore the file, or copy it away and cut it there"
            + " (`truncate -s \(offset)`), and submit what stands behind once more under the same ids")
      }
      offset = end
    }
    return (state, offset)
  }

  /// Whether that is one record that was being written when everything stopped, and so was never acknowledged.
  ///
  /// It has no line feed, or at least zeros where a part of it never got to the disk: one with all of its bytes was written
  /// whole, and is damaged. And what begins with a whole record is none, if anything but zeros stands behind that: it was
  /// acknowledged before the next one was begun, and its line feed is damaged.
  private static func isTorn(_ tail: ArraySlice<UInt8>) -> Bool {
    if let lineFeed = tail.firstIndex(of: 0x0A), lineFeed < tail.endIndex - 1 || !tail.contains(0) { return false }
    guard let whole = LogRecord.wholeLength(tail) else { return true }
    return tail.dropFirst(whole).allSatisfy { $0 == 0 }
  }

  /// A crash may leave zeros where the file had grown already.
  private static func isBeginningOfHeader(_ bytes: [UInt8]) -> Bool {
    let written = bytes.prefix(through: (bytes.lastIndex { $0 != 0 }) ?? -1)
    return LogRecord.header.starts(with: written)
  }
}
