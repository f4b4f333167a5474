// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Why a file could not be read or written.
package struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  package let path: String
  package let message: String

  package init(path: String, message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { "\"\(path)\": \(message)" }
}

/// Files that are there whole or not at all, whatever happens in between.
package enum DurableFile {
  /// Replaces the file by one with these bytes, readable by its owner alone.
  ///
  /// When it returns the new content survives a crash of the machine; until then the old one does.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    try mustBeReplaceable(path)
    var random = SystemRandomNumberGenerator()
    let temporary = "\(path).\(String(random.next() as UInt64, radix: 36)).tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw lastError(path) }
    do throws(FileError) {
      do throws(FileError) {
        try writeAll(bytes, to: file, path)
        guard fsync(file) == 0 else { throw lastError(path) }
      } catch {
        close(file)
        throw error
      }
      guard close(file) == 0, rename(temporary, path) == 0 else { throw lastError(path) }
    } catch {
      unlink(temporary)
      throw error
    }
    try syncFolder(of: path)
  }

  /// - Parameter limit: the most bytes to take; a larger file is an error and is not read.
  package static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw lastError(path) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = readSome(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw lastError(path) }
      guard count > 0 else { return bytes }
      guard bytes.count + count <= limit else {
        throw FileError(path: path, message: "is larger than \(limit) bytes")
      }
      bytes += buffer[..<count]
    }
  }

  /// Renaming over a device or a folder would do away with it, or fail late.
  private static func mustBeReplaceable(_ path: String) throws(FileError) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(path: path, message: "is not a regular file") }
  }

  private static func writeAll(_ bytes: [UInt8], to file: Int32, _ path: String) throws(FileError) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { writeSome(file, $0.baseAddress?.advanced(by: offset), bytes.count - offset) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw lastError(path) }
      offset += count
    }
  }

  /// The new name is part of the folder: without this a crash could bring the old file back.
  private static func syncFolder(of path: String) throws(FileError) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw lastError(path) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw lastError(path) }
  }

  private static func lastError(_ path: String) -> FileError {
    FileError(path: path, message: String(cString: strerror(errno)))
  }
}

// Outside of `DurableFile`, whose own `read` and `write` hide these.

private func readSome(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(file, buffer, count)
}

private func writeSome(_ file: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(file, buffer, count)
}
