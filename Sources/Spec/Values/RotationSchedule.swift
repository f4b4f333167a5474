// SPDX-License-Identifier: Apache-2.0

/// Periods of rotation as Secrets Manager's cron expressions.
///
/// A `rate()` is not used: with it the rotation that was scheduled last may still run after a change of schedule. Secrets
/// Manager's own dialect asks for minute 0 and knows increments of hours (User Guide, "Schedule expressions").
package enum RotationSchedule {
  /// What a cron expression can say, in ascending order.
  static let periods: [Duration] =
    [4, 6, 8, 12].map { .seconds($0 * 3600) } + [1, 7, 30, 90, 180, 365].map { .days($0) }

  static let periodsText: String = {
    let texts = periods.map(\.specText)
    return "\(texts.dropLast().joined(separator: ", ")) or \(texts[texts.count - 1])"
  }()

  /// A week is every Sunday; 30, 90 and 180 days are the first day of every, every third and every sixth month; 365 days
  /// the first of January. nil for any other period.
  package static func expression(every period: Duration, at time: TimeOfDay) -> String? {
    let hour = time.minutes / 60
    switch period {
    case .seconds(4 * 3600), .seconds(6 * 3600), .seconds(8 * 3600), .seconds(12 * 3600):
      let hours = period.wholeSeconds / 3600
      return "cron(0 \(hour % hours)/\(hours) * * ? *)"
    case .days(1): return "cron(0 \(hour) * * ? *)"
    case .days(7): return "cron(0 \(hour) ? * SUN *)"
    case .days(30): return "cron(0 \(hour) 1 * ? *)"
    case .days(90): return "cron(0 \(hour) 1 1,4,7,10 ? *)"
    case .days(180): return "cron(0 \(hour) 1 1,7 ? *)"
    case .days(365): return "cron(0 \(hour) 1 1 ? *)"
    default: return nil
    }
  }
}
