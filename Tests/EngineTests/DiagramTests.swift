// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import Testing

@Suite("Diagrams")
struct DiagramTests {
  @Test("a graph as dot and as mermaid")
  func graph() throws {
    let diagram = Diagram(Orders().graph())
    try expectSnapshot(diagram.dot, "graph.dot")
    try expectSnapshot(diagram.mermaid, "graph.mmd")
  }

  @Test("a plan as dot and as mermaid, with what is made, changed and deleted")
  func plan() async throws {
    let orders = Orders()
    try await orders.build()
    let plan = try await orders.decide(orders.graph { $0["ec2/group.db"]?["purpose"] = "postgres" }).plan
    try expectSnapshot(Diagram(plan).dot, "plan.dot")
    try expectSnapshot(Diagram(plan).mermaid, "plan.mmd")
  }

  @Test("names with quotation marks do not break out of theirs")
  func quoting() {
    let diagram = Diagram(Graph(stack: "a\"b", [Orders().logs.desired("c\"\\d")]))
    #expect(diagram.dot.contains(#"digraph "a\"b""#))
    #expect(diagram.dot.contains(#""logs/group.c\"\\d""#))
    #expect(diagram.mermaid.contains(##"["logs/group.c#quot;\d"]"##))
  }
}
