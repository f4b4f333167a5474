// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A line of a buffer's log, which the clients of all languages write and read alike: the CRC-32 of its text in eight
/// hexadecimal digits, a space, the text, which is compact JSON, and a line feed.
enum LogRecord: Sendable, Hashable {
  /// `at`: Unix seconds.
  case put(id: String, key: String, at: Double, body: String)
  /// An attempt that is about to be committed.
  case doubt(id: String, xid: String)
  case done(id: String)
  case parked(id: String, cause: String, at: Double)

  static let header = line(["harecon": "replay-log", "version": 1])

  static func isHeader(_ json: JSON) -> Bool { json == ["harecon": "replay-log", "version": 1] }

  var id: String {
    switch self {
    case .put(let id, _, _, _), .doubt(let id, _), .done(let id), .parked(let id, _, _): id
    }
  }

  var line: [UInt8] {
    switch self {
    case .put(let id, let key, let at, let body):
      Self.line(["put": .string(id), "key": .string(key), "at": Self.number(at), "body": .string(body)])
    case .doubt(let id, let xid): Self.line(["doubt": .string(id), "xid": .string(xid)])
    case .done(let id): Self.line(["done": .string(id)])
    case .parked(let id, let cause, let at):
      Self.line(["parked": .string(id), "cause": .string(cause), "at": Self.number(at)])
    }
  }

  /// nil for what is no record.
  init?(_ json: JSON) {
    if let id = json["put"]?.string, let key = json["key"]?.string, let at = json["at"]?.double,
      let body = json["body"]?.string
    {
      self = .put(id: id, key: key, at: at, body: body)
    } else if let id = json["doubt"]?.string, let xid = json["xid"]?.string {
      self = .doubt(id: id, xid: xid)
    } else if let id = json["done"]?.string {
      self = .done(id: id)
    } else if let id = json["parked"]?.string, let cause = json["cause"]?.string, let at = json["at"]?.double {
      self = .parked(id: id, cause: cause, at: at)
    } else {
      return nil
    }
  }

  /// The JSON object of a line without its line feed; nil when its sum is not right.
  static func read(_ line: ArraySlice<UInt8>) -> JSON? {
    let sum = line.prefix(8)
    let text = line.dropFirst(9)
    guard line.count >= 9, line[line.startIndex + 8] == 0x20, Array(sum) == Array(CRC32.hex(text).utf8),
      let json = try? JSON(parsing: Array(text)), json.object != nil
    else { return nil }
    return json
  }

  /// How many bytes the whole record has with which these begin, its line feed apart; nil when they begin with none.
  static func wholeLength(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count > 9, bytes[bytes.startIndex + 8] == 0x20 else { return nil }
    var sum = CRC32()
    for index in bytes.indices.dropFirst(9) {
      sum.add(bytes[index])
      if bytes[index] == UInt8(ascii: "}"), bytes.prefix(8).elementsEqual(sum.hex.utf8) {
        return index + 1 - bytes.startIndex
      }
    }
    return nil
  }

  /// As every language writes it: a whole number without a fraction.
  private static func number(_ at: Double) -> JSON { Int(exactly: at).map { .int($0) } ?? .double(at) }

  static func line(_ json: JSON) -> [UInt8] {
    let text = json.utf8(keys: .kept)
    return Array(CRC32.hex(text[...]).utf8) + [0x20] + text + [0x0A]
  }
}

/// CRC-32 as in zlib and PNG.
struct CRC32: Sendable {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
  }

  private var state: UInt32 = 0xFFFF_FFFF

  /// Of all bytes that were added, in eight hexadecimal digits.
  var hex: String {
    let digits = String(~state, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  mutating func add(_ byte: UInt8) {
    state = Self.table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8)
  }

  static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    var sum = CRC32()
    for byte in bytes { sum.add(byte) }
    return sum.hex
  }
}
