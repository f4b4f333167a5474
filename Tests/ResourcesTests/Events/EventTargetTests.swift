// SPDX-License-Identifier: Apache-2.0

import AWSAPIEvents
import Core
import ResourceKit
import Testing

@testable import Resources

@Suite("A rule's targets")
struct EventTargetTests {
  private static let inputs: [EventInput] = [
    .event, .constant(["tick": true]), .part("$.detail"), .template("\"<id>\"", paths: ["id": "$.id"]),
    .template("\"fixed\"", paths: [:]),
  ]

  @Test("are the same after a way through plain values", arguments: inputs)
  func roundTrip(input: EventInput) {
    let queue = Input<String>.output(OutputID(Address("sqs/queue", "dead-letters"), "arn"))
    let target = EventTarget("arn:aws:lambda:x", input: input, deadLetter: queue, role: "r", messageGroup: "g")
    #expect(EventTarget(target.value) == target)
    #expect(EventTarget(EventTarget("a", deadLetter: nil).value) == EventTarget("a", deadLetter: nil))
  }

  @Test("that AWS has not taken are an error that names each")
  func failedEntries() throws {
    let failures = [
      EntryFailure("coordinator", "ConcurrentModificationException", "busy"), EntryFailure("audit", nil, nil),
    ]
    let error = try #require(throws: CallError.self) {
      try EntryFailure.check(failures, count: 2, "put", on: "payments-database")
    }
    #expect(error.category == .conflict)
    #expect(error.message.contains("\"payments-database\": 2 of the targets could not be put"))
    #expect(error.message.contains("\"coordinator\": ConcurrentModificationException: busy"))
    #expect(error.message.contains("\"audit\""))
  }

  @Test("that AWS counts as failed and does not name are an error too")
  func countedOnly() throws {
    #expect(throws: CallError.self) { try EntryFailure.check([], count: 1, "put", on: "payments-database") }
    try EntryFailure.check([], count: 0, "put", on: "payments-database")
    try EntryFailure.check([], count: nil, "put", on: "payments-database")
  }
}
