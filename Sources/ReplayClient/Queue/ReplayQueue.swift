// SPDX-License-Identifier: Apache-2.0

// aws: sqs GetQueueUrl SendMessage

internal import AWSAPISQS
internal import AWSClient
internal import Core
public import Logging

/// The buffer for what has no disk of its own, as a Lambda function: the stack's FIFO queue, from which its replay worker
/// applies transactions. Those of one key are applied in their order.
///
/// The queue drops a repetition for five minutes; after that the ledger tells. An id that is given to two transactions is
/// told by the ledger too, and the second one goes to the stack's queue of dead letters.
public final class ReplayQueue: Sendable {
  /// Bytes of a message's body (SQS, SendMessage).
  static let largestBody = 1_048_576

  private let aws: AWS
  private let name: String
  private let ledger: DataAPITarget?
  private let jitter: Jitter
  private let clock: ReplayClock
  private let address = Guarded<String?>(nil)

  /// - Parameters:
  ///   - name: the queue's name; it ends in `.fifo`.
  ///   - ledger: whom `outcome(of:)` asks.
  ///   - region: nil: that of the environment, the profile or the machine.
  ///   - environment: the variables of the process, or what is to stand for them.
  /// - Throws: `invalid` for what is set but makes no sense, and when there is no region.
  public convenience init(
    name: String, ledger: DataAPITarget? = nil, region: String? = nil, environment: [String: String],
    logger: Logger = Logger(label: "harecon.replay")
  ) async throws(ReplayError) {
    guard name.hasSuffix(".fifo") else {
      throw .invalid("the queue \"\(name)\" keeps no order: name one that ends in \".fifo\"")
    }
    let aws = try await AWS.connect(for: "replay", region, environment, logger)
    self.init(aws: aws, name: name, ledger: ledger, clock: .system, random: { Double.random(in: 0..<1) })
  }

  /// - Parameter random: in 0 ..< 1.
  init(
    aws: AWS, name: String, ledger: DataAPITarget?, clock: ReplayClock, random: @escaping @Sendable () -> Double
  ) {
    self.aws = aws
    self.name = name
    self.ledger = ledger
    self.clock = clock
    jitter = Jitter(base: .milliseconds(100), cap: .seconds(5), random: random)
  }

  /// `accepted` once the queue has the transaction; `refused` (`malformed`) for what is no transaction, has a body above
  /// 1 MiB, or a key that is not 1 to 128 printable characters of ASCII without space.
  ///
  /// A lost answer is asked for again within `time`: the queue takes it once.
  ///
  /// - Throws: `unavailable` when the queue has not confirmed it in time: submit it again, under the same id.
  public func submit(_ transaction: Transaction, within time: Duration = .seconds(30)) async throws(ReplayError)
    -> Outcome
  {
    let body: TransactionBody
    do throws(Malformed) {
      body = try TransactionBody(transaction)
    } catch {
      return .refused(cause: "malformed")
    }
    guard body.text.utf8.count <= Self.largestBody, Self.isGroup(transaction.key) else {
      return .refused(cause: "malformed")
    }
    try await send(transaction, body, until: clock.moment() + time)
    return .accepted
  }

  /// `applied` when the ledger knows the id, nil when it does not: then it waits, or is parked, or was never submitted.
  ///
  /// - Throws: `unavailable` when the ledger cannot be asked, or none was given.
  public func outcome(of id: String) async throws(ReplayError) -> Outcome? {
    guard let ledger else { throw .unavailable("no ledger was given to ask") }
    do throws(TargetError) {
      let seen = try await ledger.settle(id: id, xid: nil, within: .seconds(10)).seen
      return seen > 0 ? .applied(seen: seen) : nil
    } catch {
      if error.saysMissing(ledger.ledger) { return nil }
      throw .unavailable("the ledger could not be asked: \(error.brief)")
    }
  }

  private func send(
    _ transaction: Transaction, _ body: TransactionBody, until end: Duration
  ) async throws(ReplayError) {
    var pause: Duration?
    while true {
      do throws(CallError) {
        // Of the body and not of the id: another body under the same id is not to vanish, but to be refused.
        let input = SQS.SendMessageInput(
          queueUrl: try await url(), messageBody: body.text,
          messageDeduplicationId: body.hash, messageGroupId: transaction.key)
        _ = try await aws(SQS.sendMessage, input)
        return
      } catch {
        let next = jitter.next(after: pause)
        guard Self.mayPass(error), clock.moment() + next < end, !Task.isCancelled else {
          throw .unavailable("the queue \"\(name)\" has not confirmed it: \(error.code)")
        }
        pause = next
        await clock.sleep(next)
      }
    }
  }

  private static func mayPass(_ error: CallError) -> Bool {
    switch error.category {
    case .throttled, .unavailable, .ambiguous, .conflict: true
    case .notFound, .alreadyExists, .invalid, .denied, .cancelled: false
    }
  }

  private func url() async throws(CallError) -> String {
    if let known = address.withLock({ $0 }) { return known }
    guard let url = try await aws(SQS.getQueueUrl, .init(queueName: name)).queueUrl else {
      throw CallError(.unavailable, code: "UnreadableAnswer", message: "no address was given for the queue \"\(name)\"")
    }
    address.withLock { $0 = url }
    return url
  }

  /// What SQS takes for a MessageGroupId.
  private static func isGroup(_ key: String) -> Bool {
    (1...128).contains(key.utf8.count) && key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }
}
