// SPDX-License-Identifier: Apache-2.0

/// A text of certain characters and a certain length.
///
/// The check and the regular expression for editors come from the same value. AWS's own names follow such patterns too:
/// see `NameLimit`.
package struct TextPattern: Sendable {
  /// The inside of a bracket expression: `a-z0-9-`.
  package let first: String
  package let rest: String
  package let last: String
  package let length: ClosedRange<Int>
  /// What may not occur in it.
  package let forbidden: [String]
  /// What it may not begin with.
  package let reserved: [String]
  package let form: TextForm

  /// - Parameters:
  ///   - first: the characters allowed at the start; as `rest` when nil.
  ///   - last: the characters allowed at the end; as `rest` when nil.
  package init(
    _ noun: String, plural: String, _ summary: String, _ rest: String, first: String? = nil, last: String? = nil,
    length: ClosedRange<Int>, forbidden: [String] = [], reserved: [String] = []
  ) {
    self.first = first ?? rest
    self.rest = rest
    self.last = last ?? rest
    self.length = length
    self.forbidden = forbidden
    self.reserved = reserved
    form = TextForm(
      noun, plural: plural, summary,
      pattern: Self.pattern(self.first, rest, self.last, length, forbidden: forbidden, reserved: reserved))
  }

  package func accepts(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    guard length.contains(scalars.count) else { return false }
    guard let start = scalars.first, let end = scalars.last else { return true }
    return Self.set(first, contains: start) && Self.set(last, contains: end)
      && scalars.allSatisfy { Self.set(rest, contains: $0) }
      && !forbidden.contains { text.contains($0) } && !reserved.contains { text.lowercased().hasPrefix($0) }
  }

  /// Whether a bracket expression of single characters, ranges, `\p{L}`, `\p{N}` and `\p{Z}` has the character in it.
  private static func set(_ expression: String, contains scalar: Unicode.Scalar) -> Bool {
    var rest = Substring(expression).unicodeScalars
    while let low = rest.popFirst() {
      if low == "\\", let escaped = rest.popFirst() {
        guard escaped == "p" else {
          if escaped == scalar { return true }
          continue
        }
        let name = rest.prefix(3)
        rest = rest.dropFirst(3)
        if matches(scalar, category: String(Substring(name))) { return true }
        continue
      }
      var high = low
      if rest.first == "-", let end = rest.dropFirst().first {
        high = end
        rest = rest.dropFirst(2)
      }
      if (low.value...max(low.value, high.value)).contains(scalar.value) { return true }
    }
    return false
  }

  private static func matches(_ scalar: Unicode.Scalar, category: String) -> Bool {
    let wanted: Set<Unicode.GeneralCategory>
    switch category {
    case "{L}": wanted = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]
    case "{N}": wanted = [.decimalNumber, .letterNumber, .otherNumber]
    case "{Z}": wanted = [.spaceSeparator, .lineSeparator, .paragraphSeparator]
    default: wanted = []
    }
    return wanted.contains(scalar.properties.generalCategory)
  }

  private static func pattern(
    _ first: String, _ rest: String, _ last: String, _ length: ClosedRange<Int>, forbidden: [String],
    reserved: [String]
  ) -> String {
    var guards = forbidden.map { "(?!.*\(escaped($0)))" }
    guards += reserved.map { prefix in
      let letters = prefix.map { $0.isLetter ? "[\($0)\($0.uppercased())]" : escaped(String($0)) }
      return "(?!\(letters.joined()))"
    }
    func count(_ range: ClosedRange<Int>) -> String {
      range.count == 1 ? "{\(range.lowerBound)}" : "{\(range.lowerBound),\(range.upperBound)}"
    }
    let body: String
    if first == rest, last == rest {
      body = "[\(rest)]\(count(length))"
    } else if last == rest {
      body = "[\(first)][\(rest)]\(count(max(length.lowerBound - 1, 0)...length.upperBound - 1))"
    } else {
      guards.append("(?=.*[\(last)]$)")
      body = "[\(first)][\(rest)]\(count(max(length.lowerBound - 1, 0)...length.upperBound - 1))"
    }
    return "^\(guards.joined())\(body)$"
  }

  private static func escaped(_ text: String) -> String {
    text.map { ".:/+*?()[]{}^$|\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
