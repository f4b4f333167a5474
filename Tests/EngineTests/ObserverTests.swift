// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import Testing

@Suite("Observing")
struct ObserverTests {
  @Test("a kind is looked at after its parent and is given what was seen of it")
  func parents() async {
    let seen = Guarded<[String]>([])
    let world = await Observer([
      kind("a/child", parent: "a/parent") { lookup in
        seen.withLock { $0.append("child of \(lookup.parents.map(\.id))") }
        return []
      },
      kind("a/grandchild", parent: "a/child") { _ in [] },
      kind("a/parent") { _ in [observation("p-1")] },
    ]).observe(Graph(stack: "s"))
    #expect(seen.withLock { $0 } == ["child of [\"p-1\"]"])
    #expect(world.observations.count == 3)
    #expect(world.stop == nil)
  }

  @Test("a listing that fails hides no other, and its children are not reported as failures of their own")
  func failures() async {
    let world = await Observer([
      kind("a/parent") { (_) throws(CallError) in throw CallError(.denied, code: "AccessDenied", message: "no") },
      kind("a/child", parent: "a/parent") { _ in [] },
      kind("a/grandchild", parent: "a/child") { _ in [] },
      kind("b/other") { _ in [observation("o-1")] },
    ]).observe(Graph(stack: "s"))
    #expect(world.observations["b/other"]?.map(\.id) == ["o-1"])
    #expect(world.unseen == ["a/child", "a/grandchild"])
    #expect(world.stop?.exitCode == .denied)
    #expect(world.stop?.diagnostics.all.count == 1)
  }

  @Test("all kinds without a parent are looked at together")
  func together() async {
    // Each listing ends only when all have begun: one after the other would wait for ever.
    let arrivals = Guarded(0)
    let names: [KindName] = ["a/a", "b/b", "c/c", "d/d"]
    let world = await Observer(
      names.map { name in
        kind(name) { _ in
          arrivals.withLock { $0 += 1 }
          while arrivals.withLock({ $0 }) < names.count { await Task.yield() }
          return []
        }
      }
    ).observe(Graph(stack: "s"))
    #expect(world.observations.count == 4)
  }

  @Test("what several kinds ask in one look is asked once, answered or not, and anew in the next")
  func inCommon() async {
    let asked = Guarded(0)
    let ask: @Sendable (Lookup) async throws(CallError) -> [Observation] = { (lookup) async throws(CallError) in
      let id = try await lookup.look?.answer(to: "who is there") { () async throws(CallError) -> String in
        let number = asked.withLock { asked in
          asked += 1
          return asked
        }
        guard number < 3 else { throw CallError(.denied, code: "AccessDenied", message: "no") }
        return "answer \(number)"
      }
      return [observation(id ?? "nobody looks")]
    }
    let observer = Observer([kind("a/a", ask), kind("a/b", ask), kind("a/c", parent: "a/b", ask)])
    for number in 1...2 {
      let world = await observer.observe(Graph(stack: "s"))
      #expect(Set(world.observations.values.joined().map(\.id)) == ["answer \(number)"])
    }
    let world = await observer.observe(Graph(stack: "s"))
    #expect(world.failures.count == 2 && world.unseen == ["a/c"] && asked.withLock { $0 } == 3)
  }

  private func kind(
    _ name: KindName, parent: KindName? = nil,
    _ observe: @escaping @Sendable (Lookup) async throws(CallError) -> [Observation]
  ) -> Kind {
    Kind(
      name: name, identity: .tag, schema: [], holdsData: false, parent: parent, patience: Patience(),
      resolve: { resource, _ in resource }, observe: observe,
      create: { _, _ in }, update: { _, _, _ in }, delete: { _, _ in .gone })
  }
}

private func observation(_ id: String) -> Observation {
  Observation(id: id, key: nil, owner: .nobody, values: [], outputs: [:], health: .ready, opaque: "")
}
