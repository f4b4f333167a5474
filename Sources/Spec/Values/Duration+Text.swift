// SPDX-License-Identifier: Apache-2.0

/// Durations as the spec writes them: one whole number and one unit, `1500ms`, `10s`, `2m`, `12h`, `14d`.
extension Duration {
  package static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
  package static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }

  /// Rounded down.
  package var wholeSeconds: Int { Int(components.seconds) }
  /// Rounded down.
  package var wholeDays: Int { wholeSeconds / 86_400 }

  static let specUnits: [(name: String, milliseconds: Int)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// nil when `text` is no duration, or longer than a thousand years.
  package init?(specText text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard (1...9).contains(digits.count), digits == "0" || digits.first != "0", let count = Int(digits) else {
      return nil
    }
    let suffix = text.dropFirst(digits.count)
    guard let unit = Self.specUnits.first(where: { $0.name == suffix }) else { return nil }
    let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
    guard !overflow, milliseconds <= 365_000 * 86_400_000 else { return nil }
    self = .milliseconds(milliseconds)
  }

  /// In the largest unit that divides it, but seconds below two minutes: `90s`, `5m`, `14d`.
  package var specText: String {
    let total = Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    if total == 0 { return "0s" }
    let unit = Self.specUnits.first { total % $0.milliseconds == 0 && ($0.milliseconds <= 1000 || total >= 120_000) }
    guard let unit else { return "\(total)ms" }
    return "\(total / unit.milliseconds)\(unit.name)"
  }
}
