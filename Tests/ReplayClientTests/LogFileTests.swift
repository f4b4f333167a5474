// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Glibc
import Testing

@testable import ReplayClient

@Suite("The buffer on the disk")
struct LogFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func open(_ disk: Disk = .system) throws(ReplayError) -> LogFile {
    try LogFile(folder: folder.path, disk: disk, logger: CaseTests.logger)
  }

  private func put(_ id: String, body: String = "{}") -> LogRecord { .put(id: id, key: "k", at: 1.5, body: body) }

  @Test("what is cut off at any byte is read up to the last whole record")
  func tornTail() throws {
    var file = try open()
    let records = [put("a"), .doubt(id: "a", xid: "7"), put("é\n\"b\""), .parked(id: "a", cause: "23505", at: 2.5)]
    try file.append(records, isDurable: true)
    file.close()
    let whole = try Data(contentsOf: folder.log)
    let ends = records.indices.map { index in
      LogRecord.header.count + records[...index].reduce(0) { $0 + $1.line.count }
    }
    #expect(ends.last == whole.count)
    for count in 0...whole.count {
      try whole.prefix(count).write(to: folder.log)
      var torn = try open()
      let kept = ends.filter { $0 <= count }.count
      let good = kept == 0 ? LogRecord.header.count : ends[kept - 1]
      #expect(torn.wasTorn == (count != 0 && count != good), "\(count)")
      var state = LogState()
      for record in records[..<kept] { state.take(record, length: record.line.count) }
      #expect(torn.state.waiting == state.waiting && torn.state.parked == state.parked, "\(count)")
      try torn.append([put("z")], isDurable: true)
      torn.close()
      var again = try open()
      #expect(!again.wasTorn && again.state.waiting.last?.id == "z", "\(count)")
      again.close()
    }
  }

  @Test("a false byte anywhere in what was acknowledged is an error that names the place")
  func damage() throws {
    var file = try open()
    let records = [put("a"), put("b")]
    try file.append(records, isDurable: true)
    file.close()
    let whole = try Data(contentsOf: folder.log)
    let first = LogRecord.header.count
    let last = first + records[0].line.count
    for offset in first..<whole.count {
      var damaged = whole
      damaged[offset] ^= 1
      try damaged.write(to: folder.log)
      let error = #expect(throws: ReplayError.self) { try open() }
      let place = offset < last ? "line 2, byte \(first)" : "line 3, byte \(last)"
      #expect(error?.description.contains("is damaged at \(place): ") == true, "\(offset)")
    }
  }

  @Test("a file of something else is left alone")
  func foreign() throws {
    try Data("something else\n".utf8).write(to: folder.log)
    let error = #expect(throws: ReplayError.self) { try open() }
    #expect(
      error?.description.hasSuffix("is no log of this client, version 1: give the buffer a folder of its own") == true)
    #expect(try Data(contentsOf: folder.log) == Data("something else\n".utf8))
  }

  @Test("an owner that ends is none, also while a process that it starts has its descriptors")
  func ownerThatEnds() throws {
    let lock = try Disk.lock(folder.path)
    let copy = dup(lock)
    defer { close(copy) }
    Disk.unlock(lock)
    Disk.unlock(try Disk.lock(folder.path))
  }

  @Test("a folder has one owner at a time")
  func owner() throws {
    var first = try open()
    let error = #expect(throws: ReplayError.self) { try open() }
    #expect(
      error == .inUse("the buffer in \"\(folder.path)\" has an owner already: give each client a folder of its own"))
    first.close()
    var second = try open()
    second.close()
  }

  @Test("a full disk takes nothing, and goes on when there is room")
  func fullDisk() throws {
    let isFull = Guarded(false)
    var disk = Disk.system
    disk.write = { file, bytes, offset throws(DiskError) in
      guard isFull.withLock({ $0 }) else { return try Disk.system.write(file, bytes, offset) }
      // Half of it got there.
      _ = try Disk.system.write(file, Array(bytes.prefix(bytes.count / 2)), offset)
      throw DiskError(call: .write, number: ENOSPC)
    }
    var file = try open(disk)
    try file.append([put("a")], isDurable: true)
    isFull.withLock { $0 = true }
    let error = #expect(throws: ReplayError.self) { try file.append([put("b")], isDurable: true) }
    #expect(error == .full("the disk of \"\(folder.path)\" is full: No space left on device"))
    isFull.withLock { $0 = false }
    try file.append([put("c")], isDurable: true)
    file.close()
    var again = try open()
    #expect(!again.wasTorn && again.state.waiting.map(\.id) == ["a", "c"])
    again.close()
  }

  /// Also for want of room: the lines that it dropped may be older ones.
  @Test(
    "after a failed fsync nothing more is taken",
    arguments: [(EIO, "Input/output error"), (ENOSPC, "No space left on device")])
  func failedSync(number: Int32, reason: String) throws {
    let fails = Guarded(false)
    var disk = Disk.system
    disk.sync = { file throws(DiskError) in
      if fails.withLock({ $0 }) { throw DiskError(call: .sync, number: number) }
      try Disk.system.sync(file)
    }
    var file = try open(disk)
    fails.withLock { $0 = true }
    #expect(throws: ReplayError.broken("the disk of \"\(folder.path)\" failed: \(reason)")) {
      try file.append([put("a")], isDurable: true)
    }
    fails.withLock { $0 = false }
    #expect(throws: ReplayError.broken("the disk of \"\(folder.path)\" failed before: open the buffer again")) {
      try file.append([put("b")], isDurable: true)
    }
    file.close()
  }

  @Test("a folder is on the disk before what is in it")
  func newFolder() throws {
    let synced = Guarded<[String]>([])
    var disk = Disk.system
    disk.sync = { file throws(DiskError) in
      let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(file)")) ?? ""
      synced.withLock { $0.append(path) }
      try Disk.system.sync(file)
    }
    let root = folder.path
    var file = try LogFile(folder: "\(root)/a/b", disk: disk, logger: CaseTests.logger)
    file.close()
    #expect(synced.withLock { $0 } == [root, "\(root)/a", "\(root)/a/b/log", "\(root)/a/b"])
  }

  @Test("what is done with is cleared away, what waits or is parked stays")
  func compaction() throws {
    var file = try open()
    try file.append([put("parked"), .parked(id: "parked", cause: "23505", at: 2), put("doubt")], isDurable: true)
    try file.append([.doubt(id: "doubt", xid: "9")], isDurable: true)
    let before = file.state
    let body = String(repeating: "x", count: 100_000)
    for number in 0..<12 {
      try file.append([put("\(number)", body: body), .done(id: "\(number)")], isDurable: true)
    }
    let size = try FileManager.default.attributesOfItem(atPath: folder.log.path)[.size] as? Int
    #expect(try #require(size) < 300_000)
    try file.append([put("last")], isDurable: true)
    file.close()
    var again = try open()
    #expect(again.state.parked == before.parked)
    #expect(again.state.waiting == before.waiting + [StoredTransaction(id: "last", key: "k", at: 1.5, body: "{}")])
    again.close()
  }

  @Test("a compaction that fails leaves no file behind, and is tried again when the log has grown")
  func failedCompaction() throws {
    let fresh = "\(folder.path)/log.new"
    let isFull = Guarded(true)
    let attempts = Guarded(0)
    var disk = Disk.system
    disk.write = { file, bytes, offset throws(DiskError) in
      let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(file)")
      if path == fresh {
        attempts.withLock { $0 += 1 }
        if isFull.withLock({ $0 }) { throw DiskError(call: .write, number: ENOSPC) }
      }
      return try Disk.system.write(file, bytes, offset)
    }
    var file = try open(disk)
    let body = String(repeating: "x", count: 100_000)
    func churn(_ range: Range<Int>) throws {
      for number in range {
        try file.append([put("\(number)", body: body), .done(id: "\(number)")], isDurable: false)
      }
    }
    try file.append([put("kept")], isDurable: true)
    try churn(0..<18)
    #expect(attempts.withLock { $0 } == 1)
    #expect(!FileManager.default.fileExists(atPath: fresh))
    isFull.withLock { $0 = false }
    try churn(18..<24)
    #expect(attempts.withLock { $0 } == 2)
    file.close()
    var again = try open()
    #expect(again.state.waiting.map(\.id) == ["kept"])
    again.close()
  }

  @Test("all who wait for the disk share its waits")
  func groupCommit() async throws {
    let buffer = try FileBuffer(folder: folder.path, logger: CaseTests.logger)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          await #expect(throws: Never.self) {
            try await buffer.append(.put(id: "\(number)", key: "", at: 0, body: "{}"))
          }
        }
      }
    }
    #expect(Set(buffer.state.waiting.map(\.id)).count == 200)
    #expect((1..<200).contains(buffer.syncs))
    await buffer.close()
  }

  @Test("two ids that only look the same are two")
  func exactIDs() throws {
    var file = try open()
    try file.append([put("\u{e9}"), put("e\u{301}"), .done(id: "\u{e9}")], isDurable: true)
    #expect(file.state.waiting.map { Array($0.id.utf8) } == [Array("e\u{301}".utf8)])
    file.close()
  }
}
