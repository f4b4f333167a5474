// SPDX-License-Identifier: Apache-2.0

/// A moment, in seconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Sendable, Hashable, Comparable {
  package var secondsSinceEpoch: Double

  package init(secondsSinceEpoch: Double) {
    self.secondsSinceEpoch = secondsSinceEpoch
  }

  package static func < (a: Timestamp, b: Timestamp) -> Bool { a.secondsSinceEpoch < b.secondsSinceEpoch }
}

/// How a timestamp is written.
package enum TimestampFormat: String, Sendable, Hashable, CaseIterable {
  /// `2015-08-30T12:36:00Z`
  case iso8601
  /// `Sun, 30 Aug 2015 12:36:00 GMT`
  case rfc822
  /// `1440938160`
  case unixTimestamp
}
