// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("Data that is lost")
struct LostDataTests {
  @Test("a plan that makes empty what held data says so; one that makes a whole stack does not")
  func warns() async throws {
    let orders = Orders()
    #expect(try await orders.decide(orders.graph()).plan.notes.map(\.rule) == [])
    let graph = try await orders.build()
    for address: Address in ["rds/instance.a", "rds/instance.b", "rds/cluster.main"] { orders.remove(address) }
    let decision = try await orders.decide(graph)
    let note = try #require(decision.plan.notes.first)
    #expect(note.rule == "plan.lost")
    #expect(note.severity == .warning)
    #expect(note.address == "rds/cluster.main")
    #expect(await orders.apply(decision).isSuccess, "a person has seen it")
  }
}
