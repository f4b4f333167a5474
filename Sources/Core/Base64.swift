// SPDX-License-Identifier: Apache-2.0

/// Base 64 with `+` and `/`, padded (RFC 4648, section 4).
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let padding = UInt8(ascii: "=")

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var bits: UInt32 = 0
      for index in 0..<3 { bits = bits << 8 | (index < count ? UInt32(bytes[start + index]) : 0) }
      for index in 0..<4 {
        text.append(index <= count ? alphabet[Int(bits >> (18 - 6 * UInt32(index)) & 63)] : padding)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// nil when `text` is not base 64. White space is passed over: services break long lines.
  package static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 4 * 3)
    var bits: UInt32 = 0
    var digits = 0
    var paddings = 0
    for byte in text.utf8 where !isSpace(byte) {
      if byte == padding {
        paddings += 1
        continue
      }
      guard paddings == 0, let value = value(of: byte) else { return nil }
      bits = bits << 6 | value
      digits += 1
      if digits % 4 != 1 { bytes.append(UInt8(truncatingIfNeeded: bits >> bitsLeft(after: digits))) }
    }
    let isComplete = digits % 4 == 0 ? paddings == 0 : digits % 4 + paddings == 4 && digits % 4 > 1
    return isComplete ? bytes : nil
  }

  /// How many of the bits read so far belong to the next byte.
  private static func bitsLeft(after digits: Int) -> UInt32 {
    switch digits % 4 {
    case 2: 4
    case 3: 2
    default: 0
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func value(of byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
