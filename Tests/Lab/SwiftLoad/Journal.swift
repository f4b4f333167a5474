// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Glibc

/// What the application knows, in the lines of `harecon_lab.journal`. Each is handed to the system before the next step:
/// the file outlives the process that writes it.
final class Journal: Sendable {
  enum Entry: Sendable {
    case begin(Transfer)
    /// The buffer has it: it has to be applied, whatever becomes of the application.
    case accepted(String)
    case acknowledged(String)
    case failed(String, why: String)
  }

  private struct Line: Decodable {
    let begin: Transfer?
    let acknowledged: String?
  }

  /// What processes before this one began and did not see acknowledged, in the order in which they began it.
  let unfinished: [Transfer]
  private let file: Int32

  init(path: String) throws {
    file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw LoadError("\"\(path)\" cannot be opened: \(String(cString: strerror(errno)))") }
    let bytes = try Data(contentsOf: URL(filePath: path))
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    // Half of a line, by a process that was killed: the next one would be written behind it.
    guard end == bytes.count || ftruncate(file, off_t(end)) == 0 else {
      throw LoadError("\"\(path)\" cannot be cut at byte \(end): \(String(cString: strerror(errno)))")
    }
    unfinished = try Self.unfinished(bytes[..<end])
  }

  private static func unfinished(_ bytes: Data) throws -> [Transfer] {
    let lines = try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Line.self, from: $0) }
    let acknowledged = Set(lines.compactMap(\.acknowledged))
    return lines.compactMap(\.begin).filter { !acknowledged.contains($0.name) }
  }

  /// Of any thread: the system puts what is appended in one call in one piece.
  func write(_ entry: Entry) throws {
    let line = Array("{\(try Self.members(entry)),\"at\":\(Date().timeIntervalSince1970)}\n".utf8)
    let count = Glibc.write(file, line, line.count)
    guard count == line.count else {
      throw LoadError("the journal cannot be written: \(String(cString: strerror(count < 0 ? errno : ENOSPC)))")
    }
  }

  private static func members(_ entry: Entry) throws -> String {
    switch entry {
    case .begin(let transfer): "\"begin\":\(try text(transfer))"
    case .accepted(let name): "\"accepted\":\(try text(name))"
    case .acknowledged(let name): "\"acknowledged\":\(try text(name))"
    case .failed(let name, let why): "\"failed\":\(try text(name)),\"why\":\(try text(why))"
    }
  }

  /// The time is not written by this: a whole number of seconds would become an integer, which the lab does not take.
  private static func text(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }
}
