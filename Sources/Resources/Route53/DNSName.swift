// SPDX-License-Identifier: Apache-2.0

/// Names and texts as Route 53 writes them, and as people do.
enum DNSName {
  /// As people write it: lower case, no dot at the end, `\052` as `*` and other `\ooo` as the characters they stand for.
  ///
  /// Route 53 keeps every name in lower case with a dot at the end and gives anything but letters, digits, `-`, `_` and `.`
  /// as a backslash and three octal digits. A byte outside ASCII, or a dot inside a label, stays escaped.
  static func normalised(_ name: String) -> String {
    var bytes = unescaped(Array(name.utf8)) { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ".") }
    if bytes.last == UInt8(ascii: "."), bytes.count > 1 { bytes.removeLast() }
    return String(decoding: bytes.map(lowercased), as: UTF8.self)
  }

  /// The values of a `TXT` record as one text: quotes and escapes undone, its pieces joined.
  static func text(_ value: String) -> String {
    var result: [UInt8] = []
    var isQuoted = false
    let bytes = Array(value.utf8)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "\\") where index < bytes.endIndex:
        if let octal = octal(bytes[index...].prefix(3)) {
          result.append(octal)
          index += 3
        } else {
          result.append(bytes[index])
          index += 1
        }
      default:
        if isQuoted { result.append(byte) }
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// A text as the value of a `TXT` record: quoted, in pieces of 255 bytes at most.
  static func quoted(_ text: String) -> String {
    let bytes = Array(text.utf8)
    if bytes.isEmpty { return "\"\"" }
    return stride(from: 0, to: bytes.count, by: 255).map { start in
      "\"" + bytes[start..<min(start + 255, bytes.count)].map(escaped).joined() + "\""
    }.joined(separator: " ")
  }

  private static func escaped(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return "\\" + String(UnicodeScalar(byte))
    case 0x20...0x7e: return String(UnicodeScalar(byte))
    default:
      let digits = String(byte, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
  }

  /// The bytes with the octal escapes of those bytes undone that `mayStand` plain.
  private static func unescaped(_ bytes: [UInt8], _ mayStand: (UInt8) -> Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\"), let byte = octal(bytes[(index + 1)...].prefix(3)), mayStand(byte) {
        result.append(byte)
        index += 4
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }

  private static func octal(_ digits: ArraySlice<UInt8>) -> UInt8? {
    guard digits.count == 3 else { return nil }
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
      value = value * 8 + Int(digit - UInt8(ascii: "0"))
    }
    return UInt8(exactly: value)
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
  }
}
