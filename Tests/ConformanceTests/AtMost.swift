// SPDX-License-Identifier: Apache-2.0

import Testing

/// Lets only so many of the suite's test cases run at once: each is a client of the one sandbox.
///
/// A suite's time limit counts the wait for the turn too, which lasts for minutes where all suites run together.
struct AtMost: SuiteTrait, TestTrait, TestScoping {
  let turns: Turns
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // A test with arguments comes by once as a whole and then for each of its cases.
    guard testCase != nil else { return try await function() }
    await turns.take()
    defer { turns.giveBack() }
    try await function()
  }
}

extension Trait where Self == AtMost {
  /// Shared by all suites of this module.
  static var atMostEight: AtMost { AtMost(turns: .shared) }
}

/// First come, first served.
final class Turns: Sendable {
  static let shared = Turns(8)

  private let free: AsyncStream<Void>
  private let giver: AsyncStream<Void>.Continuation

  init(_ count: Int) {
    (free, giver) = AsyncStream.makeStream(of: Void.self)
    for _ in 0..<count { giver.yield() }
  }

  func take() async {
    for await _ in free { return }
  }

  func giveBack() { giver.yield() }
}
