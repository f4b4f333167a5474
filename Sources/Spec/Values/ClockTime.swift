// SPDX-License-Identifier: Apache-2.0

/// `hh:mm`, as minutes after midnight.
enum ClockTime {
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

/// A time of every day, in UTC: `03:00`.
package struct TimeOfDay: Sendable, Hashable, CustomStringConvertible {
  /// After midnight, 0 to 1439.
  package let minutes: Int

  private init(minutes: Int) {
    self.minutes = minutes
  }

  /// - Precondition: `hour` is 0 to 23.
  static func hour(_ hour: Int) -> TimeOfDay {
    precondition((0..<24).contains(hour))
    return TimeOfDay(minutes: hour * 60)
  }

  package init?(_ text: String) {
    guard let minutes = ClockTime.minutes(Substring(text)) else { return nil }
    self.minutes = minutes
  }

  package var description: String { ClockTime.text(minutes) }

  /// Every day, in the six fields of EventBridge Scheduler and of AWS Backup.
  package var cron: String { "cron(\(minutes % 60) \(minutes / 60) * * ? *)" }
}

/// A time of every week, in UTC: `Sun 03:00 UTC`.
package struct WeeklyTime: Sendable, Hashable, CustomStringConvertible {
  /// After Monday's midnight, 0 to 10079.
  package let minutes: Int

  private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

  /// `Sun 03:00 UTC`.
  package static let sundayNight = WeeklyTime(minutes: 6 * ClockTime.day + 3 * 60)

  private init(minutes: Int) {
    self.minutes = minutes
  }

  package init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2] == "UTC", let day = Self.days.firstIndex(of: String(words[0])),
      let time = ClockTime.minutes(words[1])
    else { return nil }
    minutes = day * ClockTime.day + time
  }

  private var day: String { Self.days[minutes / ClockTime.day] }

  package var description: String { "\(day) \(ClockTime.text(minutes % ClockTime.day)) UTC" }

  /// In the six fields of EventBridge Scheduler, one of whose two fields for days has to be `?`.
  package var cron: String {
    let time = minutes % ClockTime.day
    return "cron(\(time % 60) \(time / 60) ? * \(day.uppercased()) *)"
  }

  /// Minutes from one to the other, the shorter way round the week.
  package func distance(to other: WeeklyTime) -> Int {
    let week = 7 * ClockTime.day
    let apart = abs(minutes - other.minutes)
    return min(apart, week - apart)
  }
}
