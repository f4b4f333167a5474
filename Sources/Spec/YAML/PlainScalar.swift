// SPDX-License-Identifier: Apache-2.0

/// What readers of YAML 1.1 and 1.2 make of a text without quotes.
///
/// Readers differ: `no` is a boolean to some and a word to others, `0123` is 83 or 123, `1:30` is 90 or a word. Whatever
/// any of them takes for something else than text is not `text` here, so that a spec means the same to every tool.
enum PlainScalar: Hashable {
  case text
  case null
  case boolean(Bool)
  /// Digits without leading zero, with a minus at most: the same to all readers.
  case integer(Int)
  /// A decimal fraction or a number with an exponent.
  case decimal(Double)
  /// A number in a form that readers disagree on; the text says what it is to some of them.
  case oddNumber(String)
  case timestamp
  case mergeKey

  init(_ text: String) {
    self = Self.words[text] ?? Self.number(text) ?? (Self.isDate(text) ? .timestamp : .text)
  }

  private static let words: [String: PlainScalar] = {
    var words: [String: PlainScalar] = [
      "": .null, "~": .null, "<<": .mergeKey, "=": .oddNumber("the default value key"),
    ]
    func add(_ word: String, _ meaning: PlainScalar) {
      for form in [word, word.uppercased(), word.prefix(1).uppercased() + word.dropFirst()] { words[form] = meaning }
    }
    add("null", .null)
    for word in ["true", "yes", "on", "y"] { add(word, .boolean(true)) }
    for word in ["false", "no", "off", "n"] { add(word, .boolean(false)) }
    for sign in ["", "+", "-"] {
      for word in [".inf", ".Inf", ".INF"] { words[sign + word] = .oddNumber("infinity") }
    }
    for word in [".nan", ".NaN", ".NAN"] { words[word] = .oddNumber("not a number") }
    return words
  }()

  /// Everything that some reader takes for a number begins with a digit, after a sign or a point.
  private static func number(_ text: String) -> PlainScalar? {
    let body = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    guard let first = body.utf8.first, isDigit(first) || (first == UInt8(ascii: ".") && body.utf8.count > 1) else {
      return nil
    }
    let plain = body.filter { $0 != "_" }
    if body.utf8.allSatisfy(isDigit) { return integer(text, body) }
    if let base = based(plain) { return .oddNumber(base) }
    if let sexagesimal = sexagesimal(plain) { return .oddNumber(sexagesimal) }
    guard isDecimal(plain), let value = Double((text.first == "-" ? "-" : "") + padded(plain)) else { return nil }
    return body.contains("_") ? .oddNumber("the number \(shortest(value))") : .decimal(value)
  }

  private static func integer(_ text: String, _ digits: Substring) -> PlainScalar {
    if digits.count > 1, digits.first == "0" {
      guard let octal = Int(digits, radix: 8) else { return .oddNumber("the number \(digits.drop { $0 == "0" })") }
      return .oddNumber("the octal number \(octal)")
    }
    guard text.first != "+", let value = Int(text) else { return .oddNumber("the number \(digits)") }
    return .integer(value)
  }

  private static func based(_ text: String) -> String? {
    for (prefix, radix, name) in [("0x", 16, "hexadecimal"), ("0o", 8, "octal"), ("0b", 2, "binary")]
    where text.hasPrefix(prefix) {
      if let value = Int(text.dropFirst(2), radix: radix) { return "the \(name) number \(value)" }
    }
    guard text.utf8.allSatisfy(isDigit) else { return nil }
    return "the number \(text)"
  }

  /// Base 60, `1:30` or `20:30.5`.
  private static func sexagesimal(_ text: String) -> String? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = Int(parts[0]) else { return nil }
    var value = first
    for (index, part) in parts.enumerated().dropFirst() {
      let whole = index == parts.count - 1 ? part.prefix { $0 != "." } : part
      guard (1...2).contains(whole.utf8.count), let digit = Int(whole), (0..<60).contains(digit) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 60)
      guard !overflow, product < Int.max - 60 else { return "a number in base 60" }
      value = product + digit
    }
    return "the base 60 number \(value)"
  }

  /// Digits with a point or an exponent: `1.5`, `.5`, `5.`, `1e3`.
  private static func isDecimal(_ text: String) -> Bool {
    var rest = Substring(text)
    let whole = rest.prefix { $0.isASCII && $0.isNumber }
    rest = rest.dropFirst(whole.count)
    var fraction = Substring()
    if rest.first == "." {
      fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return false }
    guard let mark = rest.first else { return true }
    guard mark == "e" || mark == "E" else { return false }
    let exponent = rest.dropFirst()
    let digits = exponent.first == "+" || exponent.first == "-" ? exponent.dropFirst() : exponent
    return !digits.isEmpty && digits.utf8.allSatisfy(isDigit)
  }

  /// A digit on each side of the point, as `Double.init` wants it.
  private static func padded(_ text: String) -> String {
    guard let point = text.firstIndex(of: ".") else { return text }
    let (whole, fraction) = (text[..<point], text[text.index(after: point)...])
    let needsDigit = fraction.first.map { !$0.isNumber } ?? true
    return (whole.isEmpty ? "0" : "") + whole + (needsDigit ? ".0" : ".") + fraction
  }

  /// `2026-11-22`, with or without a time of day.
  private static func isDate(_ text: String) -> Bool {
    let parts = text.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 4, (1...2).contains(parts[1].utf8.count) else { return false }
    let day = parts[2].prefix { $0.isASCII && $0.isNumber }
    guard (1...2).contains(day.utf8.count) else { return false }
    let after = parts[2].dropFirst(day.count).first
    return parts[0].utf8.allSatisfy(isDigit) && parts[1].utf8.allSatisfy(isDigit)
      && (after.map { "Tt ".contains($0) } ?? true)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Without the `.0` that Swift adds to whole numbers.
  static func shortest(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
