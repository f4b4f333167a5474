// SPDX-License-Identifier: Apache-2.0

package import Core

/// A word of CloudWatch's that may be one we do not know.
package protocol AlarmWord: RawRepresentable<String>, AttributeValue {
  init(rawValue: String)
}

extension AlarmWord {
  package var value: Value { .string(rawValue) }

  package init?(_ value: Value) {
    guard let word = String(value) else { return nil }
    self.init(rawValue: word)
  }
}

/// How a data point stands to the threshold when it is breaching.
package struct AlarmComparison: AlarmWord {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }

  package static let above = Self(rawValue: "GreaterThanThreshold")
  package static let atLeast = Self(rawValue: "GreaterThanOrEqualToThreshold")
  package static let below = Self(rawValue: "LessThanThreshold")
  package static let atMost = Self(rawValue: "LessThanOrEqualToThreshold")
}

/// What a period without data counts as.
package struct MissingData: AlarmWord {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }

  /// CloudWatch looks at more periods than the alarm has before it counts silence, so that the alarm comes later than
  /// after so many silent periods.
  package static let breaching = Self(rawValue: "breaching")
  package static let notBreaching = Self(rawValue: "notBreaching")
  /// The state stays.
  package static let ignored = Self(rawValue: "ignore")
  /// The state becomes `INSUFFICIENT_DATA`; CloudWatch's default.
  package static let missing = Self(rawValue: "missing")
}

/// How the values of a period become one data point.
package struct Statistic: AlarmWord {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }

  package static let average = Self(rawValue: "Average")
  package static let sum = Self(rawValue: "Sum")
  package static let minimum = Self(rawValue: "Minimum")
  package static let maximum = Self(rawValue: "Maximum")
  package static let sampleCount = Self(rawValue: "SampleCount")

  /// `p99`, `p99.9`.
  package static func percentile(_ percent: Double) -> Self {
    let whole = Int(exactly: percent)
    return Self(rawValue: "p\(whole.map(String.init) ?? String(percent))")
  }

  /// CloudWatch has one member for these five and another for all others.
  var isSimple: Bool { [Self.average, .sum, .minimum, .maximum, .sampleCount].contains(self) }
}
