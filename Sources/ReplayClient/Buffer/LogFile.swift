// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Logging

/// The buffer's log on the disk, written by its one owner. Blocks its thread; one call at a time.
struct LogFile: Sendable {
  static let compactAbove = 1 << 20

  private let folder: String
  private let disk: Disk
  private let logger: Logger
  private var lock: Int32
  private var log: Int32 = -1
  private var size = 0
  private(set) var state = LogState()
  /// The disk failed: what is on it is not known.
  private var isBroken = false
  /// The log's size at which a compaction that failed is tried again.
  private var compactAt = 0
  /// Whether the end was cut off when it was opened.
  private(set) var wasTorn = false
  /// How often the disk was waited for.
  private(set) var syncs = 0

  private var path: String { "\(folder)/log" }

  /// Makes the folder, if there is none. Fails with `inUse`, `damaged`, `full` or `broken`.
  init(folder: String, disk: Disk = .system, logger: Logger) throws(ReplayError) {
    self.folder = folder
    self.disk = disk
    self.logger = logger
    try disk.makeFolder(folder)
    lock = try Disk.lock(folder)
    do throws(ReplayError) {
      try open()
    } catch {
      close()
      throw error
    }
  }

  /// May be called more than once.
  mutating func close() {
    if log >= 0 { Glibc.close(log) }
    if lock >= 0 { Disk.unlock(lock) }
    log = -1
    lock = -1
  }

  private mutating func open() throws(ReplayError) {
    // One that was never put in the log's place.
    unlink("\(folder)/log.new")
    log = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard log >= 0 else { throw failed(errno) }
    let bytes: [UInt8]
    do throws(DiskError) {
      bytes = try disk.read(log)
    } catch {
      throw failed(error.number)
    }
    (state, size) = try LogState.read(bytes, path: path)
    wasTorn = bytes.count > size
    do throws(DiskError) {
      if wasTorn {
        logger.warning("\"\(path)\" ended in a record that was not finished: cut off at byte \(size)")
        try disk.truncate(log, size)
      }
      if size == 0 { size = try disk.write(log, LogRecord.header, 0) }
      try disk.sync(log)
      try disk.syncFolder(folder)
    } catch {
      throw failed(error.number)
    }
  }

  // MARK: Writing

  /// Writes all of them or none. With `isDurable` they are on the disk when it returns.
  mutating func append(_ records: [LogRecord], isDurable: Bool) throws(ReplayError) {
    guard log >= 0 else { throw .closed }
    guard !isBroken else { throw .broken("the disk of \"\(folder)\" failed before: open the buffer again") }
    let lines = records.map(\.line)
    do throws(DiskError) {
      let end = try disk.write(log, lines.flatMap { $0 }, size)
      if isDurable {
        syncs += 1
        try disk.sync(log)
      }
      size = end
    } catch {
      throw cutBack(error)
    }
    for (record, line) in zip(records, lines) { state.take(record, length: line.count) }
    if size >= compactAt, size - state.liveBytes > max(Self.compactAbove, size / 2) { compact() }
  }

  /// After a full disk the log is cut where it was good. After a failed fsync nothing is known any more.
  private mutating func cutBack(_ error: DiskError) -> ReplayError {
    var number = error.number
    if error.call == .write, [ENOSPC, EDQUOT, EFBIG].contains(number) {
      do throws(DiskError) {
        try disk.truncate(log, size)
        return .full("the disk of \"\(folder)\" is full: \(error)")
      } catch {
        number = error.number
      }
    }
    isBroken = true
    return failed(number)
  }

  private func failed(_ number: Int32) -> ReplayError {
    .broken("the disk of \"\(folder)\" failed: \(String(cString: strerror(number)))")
  }

  // MARK: Compaction

  /// A log of what still counts takes the place of the old one, which stands until then.
  ///
  /// When that fails nothing is lost: the old one goes on, and it is tried again when that has grown by as much as makes it
  /// worth the while. The room on a full disk is for what is put.
  private mutating func compact() {
    let fresh = "\(folder)/log.new"
    compactAt = size + Self.compactAbove
    let file = Glibc.open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      logger.warning("\"\(path)\" was not compacted: \(String(cString: strerror(errno)))")
      return
    }
    var compacted = LogState()
    var bytes = LogRecord.header
    for record in (state.parked + state.waiting).flatMap(\.records) {
      let line = record.line
      compacted.take(record, length: line.count)
      bytes += line
    }
    do throws(DiskError) {
      let end = try disk.write(file, bytes, 0)
      try disk.sync(file)
      try disk.rename(fresh, path)
      Glibc.close(log)
      (log, size, state, compactAt) = (file, end, compacted, 0)
    } catch {
      Glibc.close(file)
      unlink(fresh)
      logger.warning("\"\(path)\" was not compacted: \(error)")
      return
    }
    do throws(DiskError) {
      try disk.syncFolder(folder)
    } catch {
      // Which of the two logs a crash would leave is not known.
      isBroken = true
      logger.error("the disk of \"\(folder)\" failed: \(error)")
    }
  }
}
