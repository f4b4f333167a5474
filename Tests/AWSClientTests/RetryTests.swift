// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import AWSClient

@Suite("Retries")
struct RetryTests {
  private func failure(
    _ category: CallError.Category, code: String = "Any", isTimeout: Bool = false, isInDoubt: Bool = false,
    retryAfter: Duration? = nil, clockOffset: Double? = nil
  ) -> AttemptFailure {
    AttemptFailure(
      CallError(category, code: code, message: ""), isTimeout: isTimeout, isInDoubt: isInDoubt, retryAfter: retryAfter,
      clockOffset: clockOffset)
  }

  @Test("pauses double from a tenth of a second to twenty seconds, jitter aside")
  func pauses() {
    let policy = RetryPolicy()
    let seconds = (1...10).map { policy.pause(afterAttempt: $0, isThrottled: false, random: 0.999_999).seconds }
    let expected = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20, 20]
    #expect(zip(seconds, expected).allSatisfy { abs($0 - $1) < 0.002 })
    #expect(policy.pause(afterAttempt: 5, isThrottled: false, random: 0) == .zero)
    #expect(policy.pause(afterAttempt: 64, isThrottled: false, random: 0.5) == .seconds(10))
  }

  @Test("throttled calls wait longer")
  func throttledPauses() {
    let policy = RetryPolicy()
    #expect(policy.pause(afterAttempt: 1, isThrottled: true, random: 0.5) == .milliseconds(250))
    #expect(policy.pause(afterAttempt: 3, isThrottled: true, random: 0.5) == .seconds(1))
  }

  @Test("jitter is spread over the whole pause")
  func jitter() {
    var generator = SeededGenerator(seed: 7)
    let policy = RetryPolicy()
    let pauses = (0..<1000).map { _ in
      policy.pause(afterAttempt: 4, isThrottled: false, random: .random(in: 0..<1, using: &generator)).seconds
    }
    #expect(pauses.allSatisfy { (0..<0.8).contains($0) })
    #expect(pauses.filter { $0 < 0.4 }.count > 400)
    #expect(pauses.filter { $0 >= 0.4 }.count > 400)
  }

  @Test("what is there already may be the work of an attempt whose answer was lost")
  func thereAlready() {
    let there = CallError(.alreadyExists, code: "AlreadyExistsException", message: "")
    var budget = RetryBudget()
    var refused = RetrySequence(RetryPolicy())
    _ = refused.failed(failure(.unavailable), budget: &budget, random: 0.5)
    #expect(refused.verdict(there).category == .alreadyExists)
    var lost = RetrySequence(RetryPolicy())
    _ = lost.failed(failure(.unavailable, isInDoubt: true), budget: &budget, random: 0.5)
    _ = lost.failed(failure(.throttled), budget: &budget, random: 0.5)
    #expect(lost.verdict(there).category == .ambiguous)
    #expect(lost.verdict(there).code == "AlreadyExistsException")
    let invalid = CallError(.invalid, code: "InvalidParameterValueException", message: "")
    #expect(lost.verdict(invalid) == invalid)
  }

  @Test("an attempt is in doubt when its request has left and no answer says that nothing was done")
  func inDoubt() {
    let lost = TransportError(.reset, .sent, "")
    let unreached = TransportError(.connect, .notSent, "")
    #expect(AttemptFailure(lost, isRepeatable: true, host: "h").isInDoubt)
    #expect(!AttemptFailure(unreached, isRepeatable: true, host: "h").isInDoubt)
    for (status, code, isInDoubt) in [
      (500, "InternalFailure", true), (503, "ServiceUnavailableException", false), (400, "ThrottlingException", false),
    ] {
      let error = ServiceError(code: code, message: "", status: status)
      let response = HTTPResponse(status: status, headers: [], body: [])
      let failure = AttemptFailure(
        error, response, of: "backup", isRepeatable: true, now: Timestamp(secondsSinceEpoch: 0))
      #expect(failure.isInDoubt == isInDoubt, "\(code)")
    }
  }

  @Test(
    "what is throttled or was not carried out is repeated up to the fifth attempt",
    arguments: [CallError.Category.throttled, .unavailable])
  func repeated(category: CallError.Category) {
    var sequence = RetrySequence(RetryPolicy())
    var budget = RetryBudget()
    for attempt in 1...4 {
      #expect(sequence.attempt == attempt)
      guard case .wait = sequence.failed(failure(category), budget: &budget, random: 0.5) else {
        Issue.record("attempt \(attempt) was the last")
        return
      }
    }
    #expect(sequence.failed(failure(category), budget: &budget, random: 0.5) == .giveUp)
    #expect(sequence.spent == 20)
    #expect(budget.tokens == 480)
  }

  @Test(
    "nothing else is repeated, least of all what may have been done",
    arguments: CallError.Category.allCases.filter { $0 != .throttled && $0 != .unavailable })
  func notRepeated(category: CallError.Category) {
    var sequence = RetrySequence(RetryPolicy())
    var budget = RetryBudget()
    #expect(sequence.failed(failure(category), budget: &budget, random: 0.5) == .giveUp)
    #expect(budget.tokens == RetryBudget.capacity)
  }

  @Test("an empty budget ends retries, and successes fill it again")
  func budget() {
    var budget = RetryBudget()
    var retries = 0
    while true {
      var sequence = RetrySequence(RetryPolicy(maximumAttempts: 2))
      guard case .wait = sequence.failed(failure(.unavailable), budget: &budget, random: 0) else { break }
      retries += 1
    }
    #expect(retries == 100)
    for _ in 0..<5 { budget.callSucceeded(havingSpent: 0) }
    var sequence = RetrySequence(RetryPolicy())
    #expect(sequence.failed(failure(.unavailable), budget: &budget, random: 0) == .wait(.zero))
    #expect(budget.tokens == 0)
    budget.callSucceeded(havingSpent: sequence.spent)
    #expect(budget.tokens == 5)
    for _ in 0..<1000 { budget.callSucceeded(havingSpent: 0) }
    #expect(budget.tokens == RetryBudget.capacity)
  }

  @Test("a timeout costs twice as much")
  func timeoutCost() {
    var sequence = RetrySequence(RetryPolicy())
    var budget = RetryBudget()
    _ = sequence.failed(failure(.unavailable, isTimeout: true), budget: &budget, random: 0)
    #expect(budget.tokens == 490)
  }

  @Test("the service's own wish is the least wait, within the bound")
  func retryAfter() {
    var sequence = RetrySequence(RetryPolicy())
    var budget = RetryBudget()
    #expect(
      sequence.failed(failure(.throttled, retryAfter: .seconds(3)), budget: &budget, random: 0.1) == .wait(.seconds(3)))
    #expect(
      sequence.failed(failure(.throttled, retryAfter: .seconds(300)), budget: &budget, random: 0) == .wait(.seconds(20))
    )
    #expect(
      sequence.failed(failure(.throttled, retryAfter: .milliseconds(1)), budget: &budget, random: 0.5)
        == .wait(.seconds(1)))
  }

  @Test(
    "a clock that is off is corrected once, at no cost",
    arguments: [
      "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
    ])
  func skew(code: String) {
    var sequence = RetrySequence(RetryPolicy())
    var budget = RetryBudget()
    let skewed = failure(.denied, code: code, clockOffset: -3600)
    #expect(sequence.failed(skewed, budget: &budget, random: 0) == .correctClock(by: -3600))
    #expect(budget.tokens == RetryBudget.capacity)
    // What comes after that is no matter of the clock.
    #expect(
      sequence.failed(
        failure(.denied, code: code == "RequestExpired" ? "AccessDenied" : code), budget: &budget, random: 0) == .giveUp
    )
  }

  @Test("a wrong signature at the right time is just wrong", arguments: [nil, 0, 239, -239])
  func noSkew(offset: Double?) {
    var sequence = RetrySequence(RetryPolicy())
    var budget = RetryBudget()
    let wrong = failure(.denied, code: "SignatureDoesNotMatch", clockOffset: offset)
    #expect(sequence.failed(wrong, budget: &budget, random: 0) == .giveUp)
  }

  @Test(
    "expired credentials are refreshed once", arguments: ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
  func expired(code: String) {
    var sequence = RetrySequence(RetryPolicy())
    var budget = RetryBudget()
    let expired = failure(.denied, code: code, clockOffset: 1)
    #expect(sequence.failed(expired, budget: &budget, random: 0) == .refreshCredentials)
    #expect(sequence.failed(expired, budget: &budget, random: 0) == .giveUp)
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
