// SPDX-License-Identifier: Apache-2.0

/// A time span of every day, in UTC: `03:00-04:00`. It may pass midnight.
package struct DailyWindow: Sendable, Hashable, CustomStringConvertible {
  /// Minutes after midnight.
  package let start: Int
  /// 1 to 1439.
  package let minutes: Int

  /// `03:00-04:00`.
  package static let everyNight = DailyWindow(start: 3 * 60, minutes: 60)

  private init(start: Int, minutes: Int) {
    self.start = start
    self.minutes = minutes
  }

  package init?(_ text: String) {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let start = ClockTime.minutes(ends[0]), let end = ClockTime.minutes(ends[1]), start != end
    else { return nil }
    self.start = start
    minutes = (end - start + ClockTime.day) % ClockTime.day
  }

  /// As AWS writes it.
  package var description: String {
    "\(ClockTime.text(start))-\(ClockTime.text((start + minutes) % ClockTime.day))"
  }
}

/// A time span of every week, in UTC: `sun:05:00-sun:06:00`. It may pass the end of the week.
package struct WeeklyWindow: Sendable, Hashable, CustomStringConvertible {
  /// Minutes after Monday's midnight.
  package let start: Int
  /// 1 to 10079.
  package let minutes: Int

  /// `sun:05:00-sun:06:00`.
  package static let sundayMorning = WeeklyWindow(start: 6 * ClockTime.day + 5 * 60, minutes: 60)

  private init(start: Int, minutes: Int) {
    self.start = start
    self.minutes = minutes
  }

  package init?(_ text: String) {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let start = Self.minutes(ends[0]), let end = Self.minutes(ends[1]), start != end else {
      return nil
    }
    self.start = start
    minutes = (end - start + Self.week) % Self.week
  }

  /// True when some minute of some day lies in both.
  package func overlaps(_ daily: DailyWindow) -> Bool {
    (-1...8).contains { day in
      let other = day * ClockTime.day + daily.start
      return other < start + minutes && start < other + daily.minutes
    }
  }

  /// As AWS writes it.
  package var description: String {
    "\(Self.text(start))-\(Self.text((start + minutes) % Self.week))"
  }

  private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  private static let week = 7 * ClockTime.day

  private static func minutes(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let day = days.firstIndex(of: String(parts[0])), let time = ClockTime.minutes(parts[1])
    else { return nil }
    return day * ClockTime.day + time
  }

  private static func text(_ minutes: Int) -> String {
    "\(days[minutes / ClockTime.day]):\(ClockTime.text(minutes % ClockTime.day))"
  }
}

/// `hh:mm`, as minutes after midnight.
private enum ClockTime {
  static let day = 24 * 60

  static func minutes(_ text: Substring) -> Int? {
    let bytes = Array(text.utf8)
    guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
    let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].map { Int($0) - 0x30 }
    guard digits.allSatisfy({ (0...9).contains($0) }) else { return nil }
    let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
    return hours < 24 && minutes < 60 ? hours * 60 + minutes : nil
  }

  static func text(_ minutes: Int) -> String {
    let parts = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return parts.joined(separator: ":")
  }
}
