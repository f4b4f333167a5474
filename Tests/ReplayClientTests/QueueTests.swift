// SPDX-License-Identifier: Apache-2.0

import AWSAPISQS
import AWSClient
import Core
import Testing

@testable import ReplayClient

@Suite("The buffer in a queue")
struct QueueTests {
  /// A queue that fails as it is told, and keeps what it was sent.
  private final class Queue: OperationCaller {
    private let failures: Guarded<[CallError]>
    private let sent = Guarded([Fields]())

    init(_ failures: [CallError]) { self.failures = Guarded(failures) }

    var messages: [Fields] { sent.withLock { $0 } }

    func call(_ operation: OperationModel, _ input: Fields) async throws(CallError) -> Fields {
      guard operation.name == "SendMessage" else {
        var answer = Fields(count: operation.output.members.count)
        answer[operation.output.index(of: "QueueUrl") ?? 0] = .string("https://sqs/replay.fifo")
        return answer
      }
      sent.withLock { $0.append(input) }
      if let failure = failures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
      return Fields(count: operation.output.members.count)
    }
  }

  private let clock = VirtualClock()

  private func replay(_ queue: Queue) -> ReplayQueue {
    var clock = clock.clock
    clock.sleep = { [clock = self.clock] pause in clock.now += pause }
    return ReplayQueue(
      aws: AWS(region: "us-east-1", partition: "aws", caller: queue), name: "replay.fifo", ledger: nil, clock: clock,
      random: { 0.5 })
  }

  private let transaction = Transaction(id: "a", key: "account-7", statements: [Statement("select 1")])

  @Test("a message has the body, the key as its group, and the body's hash against repetition")
  func message() async throws {
    let queue = Queue([])
    #expect(try await replay(queue).submit(transaction) == .accepted)
    let message = try #require(queue.messages.first)
    let shape = SQS.sendMessage.model.input
    func member(_ name: String) -> Document? { shape.index(of: name).flatMap { message[$0] } }
    let body = #"{"id":"a","statements":[{"sql":"select 1","parameters":[]}]}"#
    #expect(member("MessageBody") == .string(body))
    #expect(member("MessageGroupId") == .string("account-7"))
    #expect(member("MessageDeduplicationId") == .string(Digest.hex(Digest.sha256(body))))
  }

  @Test("a lost answer is asked for again with the very same message, until the time is over")
  func lostAnswer() async throws {
    let lost = CallError(.ambiguous, code: "Timeout", message: "")
    let queue = Queue([lost, lost])
    #expect(try await replay(queue).submit(transaction) == .accepted)
    #expect(queue.messages.count == 3 && Set(queue.messages.map { Document.structure($0) }).count == 1)
    // 0.2 s, then the middle of 0.1 to 0.6 s.
    #expect(clock.now == .milliseconds(550))

    let dead = Queue(Array(repeating: lost, count: 100))
    let error = await #expect(throws: ReplayError.self) { try await replay(dead).submit(transaction) }
    #expect(error == .unavailable("the queue \"replay.fifo\" has not confirmed it: Timeout"))
    #expect(clock.now < .seconds(31) && dead.messages.count > 5)
  }

  @Test("what is denied is not tried again")
  func denied() async throws {
    let queue = Queue([CallError(.denied, code: "AccessDenied", message: "")])
    await #expect(throws: ReplayError.unavailable("the queue \"replay.fifo\" has not confirmed it: AccessDenied")) {
      try await replay(queue).submit(transaction)
    }
    #expect(queue.messages.count == 1)
  }

  @Test(
    "what SQS would not take is refused before",
    arguments: [
      Transaction(id: "", key: "k", statements: [Statement("select 1")]),
      Transaction(id: "a", key: "with space", statements: [Statement("select 1")]),
      Transaction(id: "a", key: String(repeating: "k", count: 129), statements: [Statement("select 1")]),
      Transaction(id: "a", key: "", statements: [Statement("select 1")]),
      Transaction(
        id: "a", key: "k",
        statements: [Statement("select :n", ["n": .text(String(repeating: "x", count: 1 << 20))])]),
    ])
  func malformed(_ wrong: Transaction) async throws {
    let queue = Queue([])
    #expect(try await replay(queue).submit(wrong) == .refused(cause: "malformed"))
    #expect(queue.messages == [])
  }
}
