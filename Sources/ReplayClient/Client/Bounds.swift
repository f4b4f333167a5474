// SPDX-License-Identifier: Apache-2.0

/// How much may wait. Past a bound nothing more is taken, and nothing that was taken is dropped.
struct Bounds: Sendable {
  private struct Moment: Sendable, Comparable {
    let order: Int
    let at: Double

    static func < (a: Moment, b: Moment) -> Bool { a.order < b.order }
  }

  private let settings: ReplaySettings
  private var lengths: [Int: Int] = [:]
  private var bytes = 0
  /// The first is the oldest; those that have gone are dropped when they are met.
  private var moments = Heap<Moment>()

  init(_ settings: ReplaySettings) {
    self.settings = settings
  }

  /// - Parameter at: Unix seconds.
  mutating func add(_ order: Int, body: String, at: Double) {
    lengths[order] = body.utf8.count
    bytes += body.utf8.count
    moments.insert(Moment(order: order, at: at))
  }

  mutating func remove(_ order: Int) {
    bytes -= lengths.removeValue(forKey: order) ?? 0
    while let first = moments.first, lengths[first.order] == nil { moments.removeFirst() }
  }

  /// Fails with `full` when one more of that body would be too many. `now`: Unix seconds.
  func check(body: String, now: Double, parked: Int) throws(ReplayError) {
    if lengths.count >= settings.maxEntries {
      throw .full("\(lengths.count) transactions wait, as many as may: submit it again later")
    }
    if bytes + body.utf8.count > settings.maxBytes {
      throw .full("\(bytes) bytes wait, of \(settings.maxBytes) that may: submit it again later")
    }
    if let oldest = moments.first, .seconds(now - oldest.at) > settings.maxAge {
      throw .full("the oldest transaction waits for more than \(settings.maxAge): submit it again later")
    }
    if parked >= settings.maxParked {
      throw .full("\(parked) transactions are parked, as many as may: resubmit or discard them")
    }
  }
}
