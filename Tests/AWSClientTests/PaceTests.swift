// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

@Suite("Pace")
struct PaceTests {
  @Test("a bucket lets its burst through and then keeps its rate")
  func bucket() {
    var bucket = TokenBucket(rate: 4, burst: 3, at: .zero)
    let waits = (0..<6).map { _ in bucket.take(at: .zero) }
    #expect(waits == [.zero, .zero, .zero, .milliseconds(250), .milliseconds(500), .milliseconds(750)])
    // Ten seconds later it is full again, and no fuller than that.
    let later = (0..<4).map { _ in bucket.take(at: .seconds(10)) }
    #expect(later == [.zero, .zero, .zero, .milliseconds(250)])
  }

  @Test("over any long time no more than burst and rate allow get through", arguments: 0..<20)
  func bucketBound(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var bucket = TokenBucket(rate: 5, burst: 10, at: .zero)
    var now = Duration.zero
    var starts: [Double] = []
    for _ in 0..<500 {
      now += .milliseconds(Int.random(in: 0...300, using: &generator))
      starts.append((now + bucket.take(at: now)).seconds)
    }
    // First come, first served.
    #expect(starts == starts.sorted())
    for (index, start) in starts.enumerated() {
      let within = starts[index...].prefix { $0 <= start + 4 }.count
      #expect(within <= 10 + 5 * 4 + 1)
    }
  }

  @Test("a turn that is given back is used by the next")
  func giveBack() {
    var bucket = TokenBucket(rate: 1, burst: 1, at: .zero)
    #expect(bucket.take(at: .zero) == .zero)
    #expect(bucket.take(at: .zero) == .seconds(1))
    bucket.giveBack(at: .zero)
    #expect(bucket.take(at: .zero) == .seconds(1))
  }

  @Test("a service that says it is too much is left alone for a turn")
  func drain() {
    var bucket = TokenBucket(rate: 2, burst: 10, at: .zero)
    bucket.drain(at: .zero)
    #expect(bucket.take(at: .zero) == .milliseconds(500))
  }

  @Test("callers get their turns in the order of asking, and one that is cancelled gives its turn back")
  func pacer() async throws {
    let time = VirtualTime(advancesItself: false)
    let pacer = Pacer(PaceTable(other: .init(rate: 1, burst: 1)), time: time.source)
    let operation = TestOperations.describe
    try await pacer.waitForTurn(operation)
    let first = Task { try await pacer.waitForTurn(operation) }
    await time.waitForSleepers(1)
    let second = Task { try await pacer.waitForTurn(operation) }
    await time.waitForSleepers(2)
    #expect(time.sleeps == [.seconds(1), .seconds(2)])
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    let third = Task { try await pacer.waitForTurn(operation) }
    await time.waitForSleepers(2)
    #expect(time.sleeps.last == .seconds(2))
    time.advance(by: .seconds(1))
    try await first.value
    time.advance(by: .seconds(1))
    try await third.value
  }

  @Test("Route 53 is called three times a second, its reads and writes together")
  func route53() {
    let read = PaceTable.aws.lane("route53", isReadOnly: true)
    let write = PaceTable.aws.lane("route53", isReadOnly: false)
    #expect(read?.key == write?.key)
    #expect(read?.pace == PaceTable.Pace(rate: 3, burst: 5))
  }

  @Test("writes to KMS are paced apart from its reads")
  func kms() {
    let read = PaceTable.aws.lane("kms", isReadOnly: true)
    let write = PaceTable.aws.lane("kms", isReadOnly: false)
    #expect(read?.key != write?.key)
    #expect(write?.pace.rate == 3)
    #expect(PaceTable.aws.lane("rds", isReadOnly: true)?.pace.rate == 8)
    #expect(PaceTable.unlimited.lane("rds", isReadOnly: true)?.key == nil)
  }
}
