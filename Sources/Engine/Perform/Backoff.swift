// SPDX-License-Identifier: Apache-2.0

/// Pauses that double up to a longest one, each shortened by up to half at random so that many do not come back at once.
package struct Backoff: Sendable {
  private let first: Duration
  private let longest: Duration
  private var random: SplitMix64

  package init(first: Duration = .seconds(1), longest: Duration = .seconds(20), seed: UInt64 = 0) {
    self.first = first
    self.longest = longest
    random = SplitMix64(seed: seed)
  }

  /// - Parameter attempts: how often it has been tried, at least once.
  package mutating func pause(after attempts: Int) -> Duration {
    let doublings = min(max(0, attempts - 1), 20)
    return min(longest, first * (1 << doublings)) * Double.random(in: 0.5...1, using: &random)
  }
}

/// A small generator whose whole sequence follows from its seed (Steele, Lea, Flood 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
