// SPDX-License-Identifier: Apache-2.0

extension Scalar {
  /// `text` as it is written on one line: plain when every reader takes that for the same text, else in double quotes.
  static func written(_ text: String) -> String {
    isPlain(text) ? text : quoted(text)
  }

  /// True when `text` is itself without quotes anywhere, in flow collections too.
  static func isPlain(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, PlainScalar(text) == .text else { return false }
    guard !"-?:,[]{}#&*!|>'\"%@` ".unicodeScalars.contains(first), !text.hasSuffix(" "), !text.hasSuffix(":") else {
      return false
    }
    guard text.unicodeScalars.allSatisfy({ !",[]{}".unicodeScalars.contains($0) && isPrintable($0) }) else {
      return false
    }
    return !text.contains(": ") && !text.contains(" #")
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
      default: result += escape(scalar)
      }
    }
    return result + "\""
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...0x10ffff: true
    default: false
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    let (mark, width) = scalar.value <= 0xff ? ("x", 2) : scalar.value <= 0xffff ? ("u", 4) : ("U", 8)
    return "\\\(mark)\(String(repeating: "0", count: width - digits.count))\(digits)"
  }
}
