// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import Testing

@Suite("Applying a plan")
struct ApplierTests {
  @Test("law 1: after an apply the plan is empty")
  func convergence() async throws {
    let orders = Orders()
    let graph = orders.graph()
    let verdict = await orders.apply(try await orders.decide(graph))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 8)
    let again = try await orders.decide(graph)
    #expect(again.plan.isEmpty, "\(again.plan.changes.filter { $0.action != .noOp })")
  }

  @Test("law 2: looking and planning make no write call")
  func readPurity() async throws {
    let orders = Orders()
    _ = try await orders.decide(orders.graph())
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("law 9: a plan costs one listing per kind")
  func boundedCalls() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    _ = try await orders.decide(graph)
    #expect(orders.cloud.calls.count == orders.fakes.count)
  }

  @Test("what a create leaves out is set in the same step")
  func leftOver() async throws {
    let orders = Orders()
    try await orders.build()
    #expect(orders.cloud.things("ec2/group").first?.attributes["ports"] == [5432, 443])
  }

  @Test("a change behind its back is found, named, and repaired by one update")
  func drift() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.cloud.edit("rds/cluster", orders.cloud.things("rds/cluster")[0].id) { $0.attributes["backup"] = 1 }
    let decision = try await orders.decide(graph)
    let change = try #require(decision.plan.changes.first { $0.action != .noOp })
    #expect(change.address == "rds/cluster.main")
    #expect(change.attributes.map(\.name) == ["backup"])
    #expect(change.attributes.first?.old == 1)
    await orders.apply(decision)
    #expect(orders.cloud.writes.map(\.description) == ["update rds/cluster.main backup"])
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("a lost answer to a create leads to no second resource", arguments: Orders().graph().sorted.map(\.address))
  func lostAnswer(address: Address) async throws {
    let orders = Orders()
    let lost = Guarded(false)
    orders.cloud.change { state in
      state.fault = { call, _ in
        guard call.verb == .create, call.address == address else { return nil }
        return lost.withLock { lost in
          defer { lost = true }
          return lost ? nil : .loseAnswer
        }
      }
    }
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 8)
    #expect(orders.cloud.writes.filter { $0.verb == .create }.count == 8)
  }

  @Test(
    "a lost request to create is made again once nothing has shown up", arguments: ["ec2/vpc.main", "rds/cluster.main"])
  func lostRequest(text: String) async throws {
    let orders = Orders()
    let lost = Guarded(false)
    orders.cloud.change { state in
      state.fault = { call, _ in
        guard call.verb == .create, call.address?.description == text else { return nil }
        return lost.withLock { lost in
          defer { lost = true }
          return lost ? nil : .loseRequest
        }
      }
    }
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 8)
  }

  @Test("law 4: killed at any call, before or after its effect, the next apply converges without duplicate or orphan")
  func killAnywhere() async throws {
    let whole = Orders()
    await whole.apply(try await whole.decide(whole.graph()))
    let calls = whole.cloud.calls.count
    #expect(calls > 30)
    for call in 1...calls {
      for fault in [FakeCloud.Fault.loseAnswer, .loseRequest] {
        let orders = Orders()
        let graph = orders.graph()
        let cancellation = Cancellation()
        orders.cloud.change { state in
          state.fault = { _, number in
            if number == call { return fault }
            // From there on the process is dead: nothing that it asks for happens.
            return number > call ? .fail(CallError(.cancelled, code: "Dead", message: "killed")) : nil
          }
        }
        if let decision = try? await orders.decide(graph) { await orders.apply(decision, cancellation: cancellation) }
        orders.cloud.change { $0.fault = nil }
        let decision = try await orders.decide(graph)
        let verdict = await orders.apply(decision)
        #expect(verdict.isSuccess, "killed at call \(call): \(verdict.diagnostics)")
        #expect(orders.cloud.count == 8, "killed at call \(call)")
        #expect(try await orders.decide(graph).plan.isEmpty, "killed at call \(call)")
      }
    }
  }

  @Test("a fifth of all calls failing in mixed ways changes nothing of the result", arguments: 0..<40)
  func mixedFaults(seed: UInt64) async throws {
    let orders = Orders()
    let graph = orders.graph()
    let random = Guarded(SplitMix64(seed: seed))
    let fault: @Sendable (FakeCloud.Call, Int) -> FakeCloud.Fault? = { call, _ in
      random.withLock { random in
        guard Int.random(in: 0..<5, using: &random) == 0 else { return nil }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .fail(CallError(.throttled, code: "Throttling", message: "slow down"))
        case 1: return .fail(CallError(.unavailable, code: "InternalError", message: "sorry"))
        case 2: return call.isWrite ? .loseAnswer : .fail(CallError(.unavailable, code: "Reset", message: "reset"))
        default: return call.isWrite ? .loseRequest : .fail(CallError(.throttled, code: "Slow", message: "slow"))
        }
      }
    }
    let decision = try await orders.decide(graph)
    orders.cloud.change { $0.fault = fault }
    let verdict = await orders.apply(decision)
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 8)
    orders.cloud.change { $0.fault = nil }
    #expect(try await orders.decide(graph).plan.isEmpty)
    let destroy = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    orders.cloud.change { $0.fault = fault }
    let end = await orders.apply(destroy)
    #expect(end.isSuccess, "\(end.diagnostics)")
    #expect(orders.cloud.count == 0)
  }

  @Test("what cannot be carried out fails alone: what needs it is skipped, the rest is done")
  func independentRest() async throws {
    let orders = Orders()
    orders.cloud.change { state in
      state.fault = { call, _ in
        call.verb == .create && call.address == "ec2/group.db"
          ? .fail(CallError(.invalid, code: "InvalidParameter", message: "bad port")) : nil
      }
    }
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.exitCode == .error)
    #expect(verdict.failures.map(\.step.description) == ["create ec2/group.db"])
    #expect(
      verdict.notStarted.map(\.description)
        == ["create rds/cluster.main", "create rds/instance.a", "create rds/instance.b"])
    #expect(verdict.done.count == 4)
    #expect(verdict.diagnostics.all.first?.message.contains("InvalidParameter") == true)
  }

  @Test("a denied call exits with 9 and names the call")
  func denied() async throws {
    let orders = Orders()
    orders.cloud.change { state in
      state.fault = { call, _ in
        call.verb == .create && call.kind == "logs/group"
          ? .fail(
            CallError(
              .denied, code: "AccessDenied", message: "not authorized", requestID: "r-1",
              operation: "logs CreateLogGroup"))
          : nil
      }
    }
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.exitCode == .denied)
    let text = try #require(verdict.diagnostics.all.first?.message)
    #expect(text == "cannot create logs/group.pg: logs CreateLogGroup: AccessDenied: not authorized (request r-1)")
  }

  @Test("an update that has no effect ends as did-not-converge, naming the attribute, after a bounded number of calls")
  func didNotConverge() async throws {
    var orders = Orders()
    let graph = try await orders.build()
    orders.cluster.ignored = ["backup"]
    orders.cloud.edit("rds/cluster", orders.cloud.things("rds/cluster")[0].id) { $0.attributes["backup"] = 1 }
    let verdict = await orders.apply(try await orders.decide(graph))
    #expect(verdict.exitCode == .checkFailed)
    let diagnostic = try #require(verdict.diagnostics.all.first)
    #expect(diagnostic.rule == "engine.did-not-converge")
    #expect(diagnostic.message.contains("\"backup\" is \"1\", not \"14\""))
    #expect(orders.cloud.writes.count == 3)
  }

  @Test("one instance at a time: the next waits until AWS shows the last change and not only that it took it")
  func pendingIsNotDone() async throws {
    var orders = Orders()
    let three: (inout [String: [String: Value]]) -> Void = { wishes in
      wishes["rds/instance.c"] = ["cluster": out("rds/cluster.main"), "size": "small", "tier": 2]
    }
    try await orders.build(orders.graph(three))
    orders.instance.queuedFor = 20
    let graph = orders.graph { wishes in
      three(&wishes)
      for name in ["a", "b", "c"] { wishes["rds/instance.\(name)"]?["size"] = "large" }
    }
    let downTogether = Guarded<[String]>([])
    orders.cloud.change { state in
      state.afterWrite = { call, state in
        let under = state.things["rds/instance", default: []].filter { $0.becoming != nil }.map(\.id)
        if under.count > 1 { downTogether.withLock { $0.append("\(call): \(under)") } }
      }
    }
    let verdict = await orders.apply(try await orders.decide(graph))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.things("rds/instance").map { $0.attributes["size"] } == ["large", "large", "large"])
    #expect(orders.cloud.writes.count == 3, "what was taken is not sent again")
    #expect(downTogether.withLock { $0 } == [])
  }

  @Test("a wanted change that is only queued for the maintenance window is asked for now")
  func queuedIsSent() async throws {
    let orders = Orders()
    try await orders.build()
    let graph = orders.graph { $0["rds/cluster.main"]?["backup"] = 21 }
    orders.edit("rds/cluster.main") { $0.pending = ["backup": "in the maintenance window"] }
    let decision = try await orders.decide(graph)
    #expect(decision.plan.stepNames == ["update rds/cluster.main"])
    orders.cloud.change { state in
      state.afterWrite = { _, state in state.things["rds/cluster"]![0].pending = [:] }
    }
    #expect(await orders.apply(decision).isSuccess)
    #expect(orders.cloud.writes.map(\.description) == ["update rds/cluster.main backup"])
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("what takes longer than its patience exits with 6 and its last status; a rerun goes on")
  func timeOut() async throws {
    var orders = Orders()
    orders.cluster.busyFor = 1000
    orders.cluster.patience.ready = .seconds(600)
    let graph = orders.graph()
    let verdict = await orders.apply(try await orders.decide(graph))
    #expect(verdict.exitCode == .incomplete)
    #expect(
      verdict.diagnostics.all.first?.message.contains("create rds/cluster.main: still \"modifying\" after 10m") == true)
    orders.cloud.edit("rds/cluster", orders.cloud.things("rds/cluster")[0].id) { $0.busyFor = 0 }
    await orders.apply(try await orders.decide(graph))
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("bad health after a change fails at once with AWS's word for it")
  func degraded() async throws {
    let orders = Orders()
    orders.cloud.change { state in
      state.afterWrite = { call, state in
        if call.verb == .create, call.kind == "rds/cluster" {
          state.things["rds/cluster"]![0].status = .degraded("incompatible-network")
        }
      }
    }
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.exitCode == .error)
    #expect(verdict.diagnostics.all.first?.message.contains("incompatible-network") == true)
  }

  @Test("bad health before a change may be what the change cures")
  func cured() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    orders.cloud.edit("rds/cluster", orders.cloud.things("rds/cluster")[0].id) { thing in
      thing.attributes["backup"] = 1
      thing.status = .degraded("incompatible-parameters")
    }
    let verdict = await orders.apply(try await orders.decide(graph))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
  }

  @Test("a delete waits until it is gone, and what is in use is tried again until it is free")
  func destroyInOrder() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let plan = try orders.planner.destroy(
      graph, await orders.observer.observe(graph), .snapshot(stamp: "20261122t164500z"))
    let verdict = await orders.apply(plan)
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 0)
    #expect(orders.cloud.read { $0.snapshots } == ["orders-main-final-20261122t164500z"])
    #expect(orders.cloud.writes.filter { $0.verb == .delete }.count == 8, "nothing had to be deleted twice")
  }

  @Test("what is on its way out is waited for and made anew")
  func leaving() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let old = orders.cloud.things("rds/instance")[0]
    orders.cloud.edit("rds/instance", old.id) { $0.goneIn = 5 }
    let decision = try await orders.decide(graph)
    let change = try #require(decision.plan.changes.first { $0.action != .noOp })
    #expect(change.action == .create)
    await orders.apply(decision)
    #expect(orders.cloud.writes.map(\.description) == ["create \(change.address)"])
    #expect(!orders.cloud.things("rds/instance").contains { $0.id == old.id })
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("deleting what is gone already is done")
  func goneAlready() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let plan = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    orders.cloud.change { $0.things = [:] }
    #expect(await orders.apply(plan).isSuccess)
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("progress tells of each step's start, waiting and end, with the time it took")
  func progress() async throws {
    let orders = Orders()
    let told = Guarded<[Progress]>([])
    await orders.apply(try await orders.decide(orders.graph())) { progress in told.withLock { $0.append(progress) } }
    let cluster = told.withLock { $0 }.filter { $0.step.address == "rds/cluster.main" }
    #expect(cluster.first?.event == .started(attempt: 1))
    #expect(cluster.contains { $0.event == .waiting(status: "modifying") && $0.elapsed > .zero })
    #expect(cluster.last?.event == .done)
  }

  @Test("a cancelled run ends what is under way, starts nothing new, and says what is left")
  func cancel() async throws {
    var orders = Orders()
    orders.vpc.busyFor = 3
    let cancellation = Cancellation()
    let graph = orders.graph()
    let verdict = await orders.apply(try await orders.decide(graph), cancellation: cancellation) { progress in
      if progress.step.address == "ec2/vpc.main", case .waiting = progress.event { cancellation.request() }
    }
    #expect(verdict.endings[Step.ID(.create, "ec2/vpc.main")] == .done)
    #expect(verdict.endings[Step.ID(.create, "rds/cluster.main")] == .cancelled)
    #expect(verdict.isInterrupted)
    #expect(verdict.exitCode == .incomplete)
    await orders.apply(try await orders.decide(graph))
    #expect(try await orders.decide(graph).plan.isEmpty)
    #expect(orders.cloud.count == 8)
  }
}
