// SPDX-License-Identifier: Apache-2.0

/// A moment taken apart, in UTC.
package struct CalendarTime: Sendable, Hashable {
  package var year: Int
  package var month: Int
  package var day: Int
  package var hour: Int
  package var minute: Int
  package var second: Int
  /// Whole milliseconds, 0 to 999.
  package var millisecond: Int
  /// 0 is Sunday.
  package var weekday: Int
}

extension Timestamp {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  /// What is before year 1 or after year 9999 is brought to the nearest moment that has a text.
  private static let printable = -62_135_596_800.0...253_402_300_799.999

  /// The calendar's view of it, to the millisecond.
  package var calendarTime: CalendarTime {
    let seconds = secondsSinceEpoch.isNaN ? 0 : secondsSinceEpoch
    let clamped = min(max(seconds, Self.printable.lowerBound), Self.printable.upperBound)
    let milliseconds = Int((clamped * 1000).rounded())
    let (total, millisecond) = Self.floorDivision(milliseconds, 1000)
    let (day, secondOfDay) = Self.floorDivision(total, 86_400)
    let date = Self.civil(fromDays: day)
    return CalendarTime(
      year: date.year, month: date.month, day: date.day, hour: secondOfDay / 3600, minute: secondOfDay / 60 % 60,
      second: secondOfDay % 60, millisecond: millisecond, weekday: Self.floorDivision(day + 4, 7).remainder)
  }

  /// The text in one of AWS's formats; milliseconds are written where there are any, but never in `rfc822`.
  package func text(_ format: TimestampFormat) -> String {
    let time = calendarTime
    switch format {
    case .iso8601:
      let fraction = time.millisecond == 0 ? "" : "." + Self.padded(time.millisecond, 3)
      return "\(Self.padded(time.year, 4))-\(Self.padded(time.month))-\(Self.padded(time.day))"
        + "T\(Self.clock(time))\(fraction)Z"
    case .rfc822:
      return "\(Self.days[time.weekday]), \(Self.padded(time.day)) \(Self.months[time.month - 1]) "
        + "\(Self.padded(time.year, 4)) \(Self.clock(time)) GMT"
    case .unixTimestamp:
      let whole = Int((secondsSinceEpoch.isNaN ? 0 : secondsSinceEpoch).rounded(.down).clamped(to: Self.printable))
      return time.millisecond == 0 ? "\(whole)" : "\(secondsSinceEpoch)"
    }
  }

  /// `20150830T123600Z`, as signatures have it.
  package var compactText: String {
    let time = calendarTime
    return Self.padded(time.year, 4) + Self.padded(time.month) + Self.padded(time.day) + "T" + Self.padded(time.hour)
      + Self.padded(time.minute) + Self.padded(time.second) + "Z"
  }

  /// Reads any of AWS's formats, whichever was promised: services do not keep to one.
  package init?(_ text: String) {
    if let seconds = Double(text), seconds.isFinite {
      self.init(secondsSinceEpoch: seconds)
      return
    }
    var scanner = TimestampScanner(text)
    guard let seconds = scanner.iso8601() ?? scanner.rfc822(months: Self.months) else { return nil }
    self.init(secondsSinceEpoch: seconds)
  }

  // MARK: Calendar

  /// The days since the epoch of a date in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level
  /// date algorithms").
  static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floorDivision(shifted, 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
    let (era, dayOfEra) = floorDivision(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func floorDivision(_ number: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func clock(_ time: CalendarTime) -> String {
    "\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))"
  }

  private static func padded(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Timestamp: CustomStringConvertible {
  /// ISO 8601.
  package var description: String { text(.iso8601) }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}

/// Reads a text from left to right; each attempt starts anew.
private struct TimestampScanner {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// `2015-08-30T12:36:00[.123][Z|+01:00]`, a space for the `T`; without zone it is UTC.
  mutating func iso8601() -> Double? {
    offset = 0
    guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
      skip("T") || skip("t") || skip(" "), let time = clock(), let zone = zone(), offset == bytes.count
    else { return nil }
    return seconds(year, month, day, time, zone)
  }

  /// `Sun, 30 Aug 2015 12:36:00[.123] GMT`, with or without the day's name.
  mutating func rfc822(months: [String]) -> Double? {
    offset = 0
    if let comma = bytes.firstIndex(of: UInt8(ascii: ",")) { offset = comma + 1 }
    skipSpaces()
    guard let day = number(2) ?? number(1) else { return nil }
    skipSpaces()
    guard let month = name(of: months) else { return nil }
    skipSpaces()
    guard let year = number(4) else { return nil }
    skipSpaces()
    guard let time = clock() else { return nil }
    skipSpaces()
    guard let zone = zone(), offset == bytes.count else { return nil }
    return seconds(year, month, day, time, zone)
  }

  private func seconds(_ year: Int, _ month: Int, _ day: Int, _ time: Double, _ zone: Int) -> Double? {
    guard (1...12).contains(month), day >= 1 else { return nil }
    let first = Timestamp.days(year: year, month: month, day: 1)
    let next = Timestamp.days(year: month == 12 ? year + 1 : year, month: month % 12 + 1, day: 1)
    guard day <= next - first else { return nil }
    return Double((first + day - 1) * 86_400 - zone) + time
  }

  /// Seconds since midnight.
  private mutating func clock() -> Double? {
    guard let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    return Double(hour * 3600 + minute * 60 + second) + fraction()
  }

  private mutating func fraction() -> Double {
    guard skip(".") else { return 0 }
    var fraction = 0.0
    var unit = 0.1
    while offset < bytes.count, let digit = digit(bytes[offset]) {
      fraction += Double(digit) * unit
      unit /= 10
      offset += 1
    }
    return (fraction * 1e9).rounded() / 1e9
  }

  /// Seconds east of Greenwich.
  private mutating func zone() -> Int? {
    if offset == bytes.count || skip("Z") || skip("z") || skip("GMT") || skip("UTC") { return 0 }
    let sign: Int
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hours = number(2) else { return nil }
    _ = skip(":")
    guard let minutes = number(2) else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  private mutating func name(of names: [String]) -> Int? {
    for (index, name) in names.enumerated() where skip(name) { return index + 1 }
    return nil
  }

  private mutating func number(_ width: Int) -> Int? {
    guard offset + width <= bytes.count else { return nil }
    var number = 0
    for byte in bytes[offset..<offset + width] {
      guard let digit = digit(byte) else { return nil }
      number = number * 10 + digit
    }
    offset += width
    return number
  }

  private func digit(_ byte: UInt8) -> Int? {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte - UInt8(ascii: "0")) : nil
  }

  private mutating func skip(_ text: String) -> Bool {
    guard bytes[offset...].starts(with: text.utf8) else { return false }
    offset += text.utf8.count
    return true
  }

  private mutating func skipSpaces() {
    while offset < bytes.count, bytes[offset] == 0x20 { offset += 1 }
  }
}
