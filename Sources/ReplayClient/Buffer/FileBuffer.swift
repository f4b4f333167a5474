// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Dispatch
internal import Logging

/// The buffer on a disk that outlives the process. All who wait for the disk share one `fsync`: while it runs the next
/// ones gather.
actor FileBuffer {
  private typealias Waiter = CheckedContinuation<Result<Void, ReplayError>, Never>

  private struct Line {
    let record: LogRecord
    let isDurable: Bool
    let waiter: Waiter
  }

  private let file: LogThread
  private var next: [Line] = []
  private var isWriting = false

  init(folder: String, disk: Disk = .system, logger: Logger) throws(ReplayError) {
    file = LogThread(try LogFile(folder: folder, disk: disk, logger: logger))
  }

  nonisolated var state: LogState { file.state }
  nonisolated var wasTorn: Bool { file.wasTorn }
  nonisolated var syncs: Int { file.syncs }

  /// Returns when it is written, and with `isDurable` when it is on the disk; throws when nothing of it was taken.
  func append(_ record: LogRecord, isDurable: Bool = true) async throws(ReplayError) {
    let result = await withCheckedContinuation { (waiter: Waiter) in
      next.append(Line(record: record, isDurable: isDurable, waiter: waiter))
      guard !isWriting else { return }
      isWriting = true
      Task { await write() }
    }
    try result.get()
  }

  private func write() async {
    while !next.isEmpty {
      let lines = next
      next = []
      let result = await file.append(lines.map(\.record), isDurable: lines.contains { $0.isDurable })
      for line in lines { line.waiter.resume(returning: result) }
    }
    isWriting = false
  }

  /// What is being written is written; whatever comes later fails with `closed`. Lets go of the folder.
  func close() async {
    await file.close()
  }
}

/// The log on a queue of its own: a disk that hangs must not take a thread of everybody's.
private final class LogThread: Sendable {
  private let queue = DispatchQueue(label: "harecon.replay.log")
  private let file: Guarded<LogFile>

  init(_ file: LogFile) {
    self.file = Guarded(file)
  }

  var state: LogState { file.withLock { $0.state } }
  var wasTorn: Bool { file.withLock { $0.wasTorn } }
  var syncs: Int { file.withLock { $0.syncs } }

  func append(_ records: [LogRecord], isDurable: Bool) async -> Result<Void, ReplayError> {
    await withCheckedContinuation { continuation in
      queue.async {
        let result = self.file.withLock { file in
          Result { () throws(ReplayError) in try file.append(records, isDurable: isDurable) }
        }
        continuation.resume(returning: result)
      }
    }
  }

  func close() async {
    await withCheckedContinuation { continuation in
      queue.async {
        self.file.withLock { $0.close() }
        continuation.resume()
      }
    }
  }

  deinit {
    file.withLock { $0.close() }
  }
}
