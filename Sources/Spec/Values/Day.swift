// SPDX-License-Identifier: Apache-2.0

/// A day of the calendar, in UTC: `2027-06-30`.
package struct Day: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let year: Int
  package let month: Int
  package let day: Int

  package init(_ year: Int, _ month: Int, _ day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// The same day of the year before; of a leap day the last of February.
  package var yearBefore: Day { Day(year - 1, month, month == 2 ? min(day, 28) : day) }

  package var description: String {
    let parts = [month, day].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "\(year)-\(parts[0])-\(parts[1])"
  }

  package static func < (a: Day, b: Day) -> Bool {
    (a.year, a.month, a.day) < (b.year, b.month, b.day)
  }
}
