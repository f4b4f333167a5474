// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Core
import ResourceKit
import Testing

@testable import Resources

/// Queues stand for all kinds whose tags come from the listing by owner tag.
@Suite("Tags from a listing that is behind")
struct TagListingTests {
  private static let queue = "arn:aws:sqs:us-east-1:111122223333:payments-replay"
  private static let desired = [OwnerTag.stack: "payments", OwnerTag.id: "sqs/queue.replay", "team": "dbre"]

  /// What is seen of the queue, and how often its own service was asked for its tags.
  private func look(listed: [String: String]?, own: [String: String]) async throws -> (tags: Value, asked: Int) {
    let service = LaggingService(queue: Self.queue, listed: listed, own: own)
    let aws = AWS(region: "us-east-1", partition: "aws", caller: service)
    let wanted = SQSQueue.Desired(name: "payments-replay", key: nil, tags: Self.desired)
    let lookup = Lookup(
      stack: "payments", desired: [Node<SQSQueue>("replay", wanted).resource()], look: Look())
    let seen = try #require(try await Kind(SQSQueue.self, aws).observe(lookup).first)
    let index = try #require(SQSQueue.attributes.firstIndex { $0.schema.name == "tags" })
    return (seen.values[index], service.asked.withLock { $0 })
  }

  @Test("what it says as the spec wants it is not asked again")
  func believed() async throws {
    let (tags, asked) = try await look(listed: Self.desired, own: [:])
    #expect(tags == Self.desired.value && asked == 0)
  }

  @Test("what it does not know yet, knows of before a change, or gives another name is asked about by itself")
  func doubted() async throws {
    let old = Self.desired.merging(["team": "payments"]) { _, new in new }
    let renamed = Self.desired.merging([OwnerTag.id: "sqs/queue.old"]) { _, new in new }
    for listed in [nil, [:], old, renamed] {
      let (tags, asked) = try await look(listed: listed, own: Self.desired)
      #expect(tags == Self.desired.value && asked == 1, "\(String(describing: listed))")
    }
  }

  @Test("a difference that it tells is told only when the queue has it")
  func drift() async throws {
    let drifted = Self.desired.merging(["team": "somebody"]) { _, new in new }
    let (tags, asked) = try await look(listed: drifted, own: drifted)
    #expect(tags == drifted.value && asked == 1)
  }
}

/// One queue, with its tags as the tagging service lists them and as the queue has them.
private final class LaggingService: OperationCaller {
  let asked = Guarded(0)
  private let queue: String
  private let listed: [String: String]?
  private let own: [String: String]

  init(queue: String, listed: [String: String]?, own: [String: String]) {
    self.queue = queue
    self.listed = listed
    self.own = own
  }

  func call(_ operation: OperationModel, _ input: Fields) async throws(CallError) -> Fields {
    var answer = Fields(count: 2)
    switch operation.name {
    case "ListQueues":
      answer.set(0, ["https://sqs.us-east-1.amazonaws.com/111122223333/payments-replay"])
    case "GetQueueAttributes":
      answer.set(0, ["QueueArn": queue])
    case "ListQueueTags":
      asked.withLock { $0 += 1 }
      answer.set(0, own)
    case "GetResources":
      guard let listed else { break }
      var mapping = Fields(count: 3)
      mapping.set(0, queue)
      mapping[1] = .list(
        listed.map { key, value in
          var tag = Fields(count: 2)
          tag.set(0, key)
          tag.set(1, value)
          return .structure(tag)
        })
      answer[1] = .list([.structure(mapping)])
    default:
      throw CallError(.invalid, code: "Unexpected", message: operation.fullName)
    }
    return answer
  }
}
