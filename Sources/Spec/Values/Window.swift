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

  /// True when the minute lies in it.
  package func contains(_ time: TimeOfDay) -> Bool {
    (time.minutes - start + ClockTime.day) % ClockTime.day < minutes
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

  /// True when the minute of some day lies in it.
  package func contains(_ time: TimeOfDay) -> Bool {
    (0..<7).contains { (($0 * ClockTime.day + time.minutes) - start + Self.week) % Self.week < minutes }
  }

  /// True when the minute lies in it.
  package func contains(_ time: WeeklyTime) -> Bool {
    (time.minutes - start + Self.week) % Self.week < minutes
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
