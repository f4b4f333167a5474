// SPDX-License-Identifier: Apache-2.0

internal import AWSClient
internal import Core
internal import FoundationEssentials

/// One line of the trail: what was done, when, by which run.
package struct TrailLine: Sendable, Hashable {
  /// Milliseconds since 1970, UTC: CloudWatch's own unit.
  package let moment: Int
  /// A JSON object, beginning as the lines of the stack's functions do: `at`, `function`, `what`.
  package let text: String

  /// Who writes: where a function's line has its name.
  package static let writer = "harecon"

  package init(moment: Int, text: String) {
    self.moment = moment
    self.text = text
  }

  init(_ what: String, at time: Timestamp, _ facts: JSONObject) {
    moment = Int((time.secondsSinceEpoch * 1000).rounded())
    var object: JSONObject = [
      "at": .string(Self.text(moment)), "function": .string(Self.writer), "what": .string(what),
    ]
    for fact in facts.members { object[fact.key] = fact.value }
    text = JSON.object(object).text(keys: .kept)
  }

  /// `2026-11-22T16:45:00.123+00:00`, as Python writes it for the functions.
  private static func text(_ moment: Int) -> String {
    let (seconds, rest) = moment.quotientAndRemainder(dividingBy: 1000)
    let second = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601).dropLast()
    return "\(second).\(String(1000 + rest).dropFirst())+00:00"
  }

  /// What it counts for in a batch.
  var weight: Int { text.utf8.count + Self.overhead }

  /// Bytes that CloudWatch counts for each event beside its text (API reference, PutLogEvents).
  static let overhead = 26
}

/// What CloudWatch takes in one call (API reference, PutLogEvents).
package enum TrailBatch {
  package static let mostLines = 10_000
  package static let mostBytes = 1_048_576
  /// Milliseconds from the first line to the last.
  package static let longest = 24 * 3_600_000

  /// How many of the lines, which are in the order of their times, go into one call: at least one.
  package static func length(_ lines: some Collection<TrailLine>) -> Int {
    guard let first = lines.first else { return 0 }
    var (count, bytes) = (0, 0)
    for line in lines.prefix(mostLines) {
      bytes += line.weight
      guard count == 0 || (bytes <= mostBytes && line.moment - first.moment <= longest) else { break }
      count += 1
    }
    return count
  }
}
