// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import Testing

@Suite("Reconciling")
struct ReconcilerTests {
  @Test("a pass with nothing to do says so")
  func nothing() async throws {
    let orders = Orders()
    let pass = await pass(orders, try await orders.build(), .repair(upTo: .outage))
    #expect(pass.exitCode == .done)
    #expect(pass.sentence == "nothing to do: 8 resources are as the spec says")
  }

  @Test("observing changes nothing, names what is pending and exits 2")
  func observe() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
    let pass = await pass(orders, graph, .observe)
    #expect(pass.exitCode == .changesPending)
    #expect(
      pass.sentence
        == "changed nothing, because this only observes: update rds/cluster.main (backup differs) is pending")
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("repairing says what it did and why")
  func repair() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
    orders.remove("rds/instance.b")
    let pass = await pass(orders, graph, .repair(upTo: .outage))
    #expect(pass.exitCode == .done)
    #expect(pass.sentence.hasPrefix("repaired in "))
    #expect(
      pass.sentence.hasSuffix(": update rds/cluster.main (backup differs), create rds/instance.b (it is absent)"))
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("a limit holds back what users would notice more, with all that needs it, and does the rest")
  func limited() async throws {
    let orders = Orders()
    try await orders.build()
    let graph = orders.graph { wishes in
      wishes["rds/instance.a"]?["size"] = "large"
      wishes["rds/instance.b"]?["tier"] = 9
    }
    let pass = await pass(orders, graph, .repair(upTo: .connections))
    #expect(pass.exitCode == .changesPending)
    #expect(pass.held.map(\.address) == ["rds/instance.a"])
    #expect(orders.cloud.writes.map(\.description) == ["update rds/instance.b tier"])
    #expect(pass.sentence.contains("held back: update rds/instance.a (size differs)"))
  }

  @Test(
    "what holds data and is lost is made anew by no repair, however much that may disturb",
    arguments: [Disruption.connections, .outage])
  func lostData(limit: Disruption) async throws {
    let orders = Orders()
    let graph = try await orders.build()
    for address: Address in ["rds/instance.a", "rds/instance.b", "rds/cluster.main"] { orders.remove(address) }
    orders.edit("ec2/vpc.main") { $0.attributes["dns"] = false }
    let pass = await pass(orders, graph, .repair(upTo: limit))
    #expect(pass.exitCode == .changesPending)
    #expect(pass.held.map(\.address) == ["rds/cluster.main", "rds/instance.a", "rds/instance.b"])
    #expect(!orders.cloud.writes.contains { $0.verb == .create })
    #expect(
      pass.sentence.contains(
        "\"rds/cluster.main\" would come back empty (restore a snapshot, or apply to make an empty one)"))
    let second = await self.pass(orders, graph, .repair(upTo: limit))
    #expect(second.sentence.hasPrefix("changed nothing, because \"rds/cluster.main\" would come back empty"))
  }

  @Test("a stack of which nothing is there is built, data and all")
  func fresh() async throws {
    let orders = Orders()
    #expect(await pass(orders, orders.graph(), .repair(upTo: .none)).exitCode == .done)
    #expect(orders.cloud.count == 8)
  }

  @Test("a difference that comes back after every repair stops the loop with exit 5")
  func oscillation() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
    let passes = Guarded<[Pass]>([])
    var random = SplitMix64(seed: 1)
    let exitCode = await reconciler(orders, .repair(upTo: .outage)).run(
      every: .seconds(300), random: &random, load: { graph },
      onPass: { pass, _ in
        passes.withLock { $0.append(pass) }
        // Somebody else's tool has it its own way again.
        orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
      })
    #expect(exitCode == .checkFailed)
    #expect(orders.cloud.writes.count == 2)
    let last = try #require(passes.withLock { $0 }.last)
    #expect(last.isStuck)
    #expect(last.sentence.contains("update rds/cluster.main (backup differs) was done twice and is needed again"))
  }

  @Test("drift that comes and goes is repaired every time")
  func comesAndGoes() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    var oscillation = Oscillation()
    let reconciler = reconciler(orders, .repair(upTo: .outage))
    for _ in 0..<5 {
      orders.edit("rds/cluster.main") { $0.attributes["backup"] = 1 }
      #expect(await reconciler.pass(graph, &oscillation).exitCode == .done)
      #expect(await reconciler.pass(graph, &oscillation).sentence.hasPrefix("nothing to do"))
    }
  }

  @Test("the loop goes on after a failed pass, takes up a changed spec, and ends when cancelled")
  func loop() async throws {
    let orders = Orders()
    try await orders.build()
    let cancellation = Cancellation()
    let passes = Guarded<[Pass]>([])
    let rounds = Guarded(0)
    var random = SplitMix64(seed: 1)
    let exitCode = await reconciler(orders, .repair(upTo: .outage), cancellation).run(
      every: .seconds(300), random: &random,
      load: { () async throws(Stop) in
        let round = rounds.withLock { rounds in
          rounds += 1
          return rounds
        }
        guard round > 1 else { throw Stop(.invalid, [Diagnostic(.error, rule: "spec.bad", "the spec is broken")]) }
        return orders.graph { $0["logs/group.pg"]?["retention"] = .int(round) }
      },
      onPass: { pass, _ in
        if passes.withLock({
          $0.append(pass)
          return $0.count
        }) == 3 {
          cancellation.request()
        }
      })
    #expect(exitCode == .done)
    #expect(passes.withLock { $0.map(\.exitCode) } == [.invalid, .done, .done])
    #expect(passes.withLock { $0[0].sentence } == "changed nothing: the spec is broken")
    #expect(orders.cloud.things("logs/group").first?.attributes["retention"] == 3)
    #expect(orders.clock.now.offset > .seconds(540), "it rested between passes")
  }

  @Test("a note is told when it becomes true, not while it stays so, and a pass that could not look forgets none")
  func notes() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    var told = ToldNotes()
    var oscillation = Oscillation()
    let reconciler = reconciler(orders, .observe)
    let healthy = await reconciler.pass(graph, &oscillation)
    orders.edit("rds/cluster.main") { $0.status = .degraded("incompatible-network") }
    let degraded = await reconciler.pass(graph, &oscillation)
    #expect(degraded.plan?.isEmpty == true)
    let blind = Pass(stopped: Stop(.error, [Diagnostic(.error, rule: "aws.unavailable", "no answer")]))
    let news = [healthy, degraded, degraded, blind, degraded, healthy, degraded].map { told.news(of: $0).count }
    #expect(news == [0, 1, 0, 0, 0, 0, 1])
  }

  @Test("a failed repair says what failed and what was not done")
  func failed() async throws {
    let orders = Orders()
    orders.cloud.change { state in
      state.fault = { call, _ in
        call.verb == .create && call.kind == "rds/cluster"
          ? .fail(CallError(.invalid, code: "Invalid", message: "no")) : nil
      }
    }
    let pass = await pass(orders, orders.graph(), .repair(upTo: .outage))
    #expect(pass.exitCode == .error)
    #expect(pass.sentence.contains("failed: create rds/cluster.main (it is absent)"))
    #expect(pass.sentence.contains("not done: create rds/instance.a (it is absent), create rds/instance.b"))
  }

  private func reconciler(
    _ orders: Orders, _ mode: RepairMode, _ cancellation: Cancellation = Cancellation()
  ) -> Reconciler<TestClock> {
    Reconciler(
      Survey(orders.observer, orders.planner), orders.applier(), clock: orders.clock, mode: mode,
      cancellation: cancellation, report: { _ in })
  }

  private func pass(_ orders: Orders, _ graph: Graph, _ mode: RepairMode) async -> Pass {
    var oscillation = Oscillation()
    return await reconciler(orders, mode).pass(graph, &oscillation)
  }
}

@Suite("Cancellation")
struct CancellationTests {
  @Test("all who wait are told, and those who come later too")
  func told() async {
    let cancellation = Cancellation()
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<50 { group.addTask { await cancellation.requested() } }
      group.addTask {
        cancellation.request()
        return true
      }
      for await answer in group { #expect(answer) }
    }
    #expect(await cancellation.requested())
    #expect(cancellation.isRequested)
  }

  @Test("a waiting task that is cancelled is let go, whenever that happens", arguments: 0..<50)
  func letGo(run: Int) async {
    let cancellation = Cancellation()
    let task = Task { await cancellation.requested() }
    for _ in 0..<run % 5 { await Task.yield() }
    task.cancel()
    #expect(await task.value == false)
    #expect(!cancellation.isRequested)
  }
}
