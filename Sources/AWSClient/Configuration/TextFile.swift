// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Glibc

/// Small text files of the user's: configuration, tokens, caches.
enum TextFile {
  /// The most that is read: far more than any of these files holds.
  private static let limit = 4 << 20

  /// nil when there is no such file. Fails with `invalid` when it cannot be read, is no UTF-8 or is longer than 4 MB.
  static func read(_ path: String) throws(CallError) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw error("\"\(path)\" cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw error("\"\(path)\" cannot be read: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw error("\"\(path)\" is longer than \(limit) bytes") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw error("\"\(path)\" is not UTF-8") }
    return text
  }

  /// Replaces a file that only its owner may read; false when that does not work, and then the old one is still there.
  static func replacePrivately(_ path: String, with text: String) -> Bool {
    let temporary = path + ".\(getpid()).\(UInt32.random(in: .min ... .max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    let isWritten = close(descriptor) == 0 && rest.isEmpty && rename(temporary, path) == 0
    if !isWritten { unlink(temporary) }
    return isWritten
  }

  private static func error(_ message: String) -> CallError {
    CallError(.invalid, code: "UnreadableFile", message: message)
  }
}
