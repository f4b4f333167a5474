// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What the operating system said.
struct DiskError: Error, Sendable, Hashable, CustomStringConvertible {
  enum Call: Sendable, Hashable {
    case read
    case write
    case truncate
    case sync
    case rename
  }

  let call: Call
  /// `errno`.
  let number: Int32

  var description: String { String(cString: strerror(number)) }
}

/// The calls that a disk may fail; tests make it fail.
struct Disk: Sendable {
  /// Writes all bytes at an offset; answers where they end.
  var write: @Sendable (_ file: Int32, _ bytes: [UInt8], _ offset: Int) throws(DiskError) -> Int
  var sync: @Sendable (_ file: Int32) throws(DiskError) -> Void

  static let system = Disk(
    write: { file, bytes, offset throws(DiskError) in
      var written = 0
      while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes {
          pwrite(file, $0.baseAddress, $0.count, off_t(offset + written))
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw DiskError(call: .write, number: count == 0 ? ENOSPC : errno) }
        written += count
      }
      return offset + written
    },
    sync: { file throws(DiskError) in
      guard fsync(file) == 0 else { throw DiskError(call: .sync, number: errno) }
    })

  func read(_ file: Int32) throws(DiskError) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = pread(file, &buffer, buffer.count, off_t(bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw DiskError(call: .read, number: errno) }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  func truncate(_ file: Int32, _ size: Int) throws(DiskError) {
    guard ftruncate(file, off_t(size)) == 0 else { throw DiskError(call: .truncate, number: errno) }
  }

  func rename(_ old: String, _ new: String) throws(DiskError) {
    guard Glibc.rename(old, new) == 0 else { throw DiskError(call: .rename, number: errno) }
  }

  /// Names are part of their folder.
  func syncFolder(_ path: String) throws(DiskError) {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw DiskError(call: .sync, number: errno) }
    defer { close(folder) }
    try sync(folder)
  }

  /// With the folders above it. A folder whose name is not on the disk is lost with all that is in it.
  func makeFolder(_ path: String) throws(ReplayError) {
    var parent = path.hasPrefix("/") ? "/" : "."
    for end in path.indices.dropFirst() + [path.endIndex] where end == path.endIndex || path[end] == "/" {
      let folder = String(path[..<end])
      if mkdir(folder, 0o700) == 0 {
        do throws(DiskError) {
          try syncFolder(parent)
        } catch {
          throw .broken("the disk of \"\(path)\" failed: \(error)")
        }
      } else if errno != EEXIST {
        throw .invalid("the folder \"\(path)\" cannot be made: \(String(cString: strerror(errno)))")
      }
      parent = folder
    }
  }

  /// One owner for one folder, until `unlock` or the end of the process.
  static func lock(_ folder: String) throws(ReplayError) -> Int32 {
    let file = open("\(folder)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw .invalid("the folder \"\(folder)\" cannot be used: \(String(cString: strerror(errno)))")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      close(file)
      if number == EWOULDBLOCK {
        throw .inUse("the buffer in \"\(folder)\" has an owner already: give each client a folder of its own")
      }
      throw .invalid("the folder \"\(folder)\" cannot be locked: \(String(cString: strerror(number)))")
    }
    return file
  }

  /// Unlocked before it is closed: a process that is being started elsewhere in this one has the descriptor for a moment
  /// more, and the lock with it.
  static func unlock(_ file: Int32) {
    flock(file, LOCK_UN)
    close(file)
  }
}
