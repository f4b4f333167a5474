// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Engine

@Suite("Writes whose outcome is not known")
struct DoubtTests {
  private static let internalError = CallError(
    .ambiguous, code: "InternalFailure", message: "sorry", requestID: "r-500", operation: "rds ModifyDBCluster",
    status: 500)

  @Test("an update that AWS answers with nothing but 500 ends with its code, message and request, and a rerun goes on")
  func lasting() async throws {
    let orders = Orders()
    try await orders.build()
    orders.cloud.change { $0.fault = { call, _ in call.verb == .update ? .fail(Self.internalError) : nil } }
    let verdict = await orders.apply(try await orders.decide(orders.graph { $0["rds/cluster.main"]?["backup"] = 21 }))
    #expect(verdict.exitCode == .incomplete)
    let diagnostic = try #require(verdict.diagnostics.all.first)
    #expect(diagnostic.rule == "engine.call-failed")
    #expect(diagnostic.message.contains("rds ModifyDBCluster: InternalFailure: sorry (request r-500)"))
    #expect(orders.clock.now.offset < .seconds(900), "nobody waits for a service that fails for five minutes")
  }

  @Test("a look that fails until time runs out ends with its code, message and request")
  func blind() async throws {
    let orders = Orders()
    orders.cloud.change { state in
      state.fault = { call, _ in
        call.verb == .observe && call.address == "logs/group.pg"
          ? .fail(CallError(.unavailable, code: "ServiceUnavailable", message: "sorry", requestID: "r-503")) : nil
      }
    }
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.exitCode == .incomplete)
    #expect(verdict.diagnostics.all.first?.message.contains("ServiceUnavailable: sorry (request r-503)") == true)
  }

  @Test(
    "a write that was lost is sent again after a few looks, and told with its cause",
    arguments: [("update rds/cluster.main", 5), ("create logs/group.pg", 4), ("create ec2/vpc.main", 8)])
  func lostRequest(step: String, looks: Int) async throws {
    let orders = Orders()
    if step.hasPrefix("update") { try await orders.build() }
    loseOnce(orders, step, .loseRequest)
    let retried = Guarded<[Progress]>([])
    let graph = orders.graph { $0["rds/cluster.main"]?["backup"] = 21 }
    let verdict = await orders.apply(try await orders.decide(graph)) { progress in
      if case .retrying = progress.event { retried.withLock { $0.append(progress) } }
    }
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    let progress = try #require(retried.withLock { $0 }.first)
    #expect(progress.step.description == step)
    let calls = orders.cloud.calls.filter { $0.address == progress.step.address }
    let writes = calls.indices.filter { calls[$0].isWrite }
    let between = try #require(writes.dropFirst().first) - writes[0] - 1
    #expect(between >= 4 && between <= looks, "three that decide, and those of the next attempt")
    guard case .retrying(let error, _) = progress.event else { return }
    #expect(error.code == "AnswerLost")
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("a delete that was lost is sent again after a few looks")
  func lostDelete() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    loseOnce(orders, "delete rds/instance.a", .loseRequest)
    let begun = orders.clock.now
    let verdict = await orders.apply(
      try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 0)
    #expect(begun.duration(to: orders.clock.now) < .seconds(60))
  }

  @Test("a delete that was lost while the thing was busy is sent again once it is ready")
  func lostWhileBusy() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let decision = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    loseOnce(orders, "delete rds/instance.a", .loseRequest)
    orders.edit("rds/instance.a") { $0.busyFor = 2 }
    let begun = orders.clock.now
    let verdict = await orders.apply(decision)
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 0)
    #expect(begun.duration(to: orders.clock.now) < .seconds(60))
  }

  @Test("what AWS denies to know when it is to be deleted, and still shows, is deleted again")
  func deniedToKnow() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    loseOnce(orders, "delete rds/instance.a", .fail(CallError(.notFound, code: "NotFound", message: "no such thing")))
    let verdict = await orders.apply(
      try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 0)
  }

  @Test(
    "one look that shows nothing is not believed after a delete that AWS has not taken",
    arguments: [
      FakeCloud.Fault.loseRequest, .fail(CallError(.notFound, code: "NotFound", message: "no such thing")),
    ])
  func unseenAfterDelete(fault: FakeCloud.Fault) async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let decision = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    let calls = Guarded([(FakeCloud.Call.Verb.delete, fault), (.observe, .seeNothing)])
    orders.cloud.change { state in
      state.fault = { call, _ in
        guard call.address == "rds/instance.a" else { return nil }
        return calls.withLock { calls in calls.first?.0 == call.verb ? calls.removeFirst().1 : nil }
      }
    }
    let verdict = await orders.apply(decision)
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(calls.withLock { $0.isEmpty })
    #expect(orders.cloud.count == 0)
  }

  @Test("what only tags tell apart is not made twice although it takes AWS its time to show it")
  func slowToShow() async throws {
    var orders = Orders()
    orders.vpc.hiddenFor = 6
    loseOnce(orders, "create ec2/vpc.main", .loseAnswer)
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.things("ec2/vpc").count == 1)
  }

  @Test("what was seen once is not made again because a later look shows nothing")
  func goneForAMoment() async throws {
    var orders = Orders()
    orders.vpc.leftOut = ["dns"]
    loseOnce(orders, "update ec2/vpc.main", .fail(CallError(.throttled, code: "Throttling", message: "slow")))
    let cloud = orders.cloud
    let verdict = await orders.apply(try await orders.decide(orders.graph())) { progress in
      guard case .retrying = progress.event, let id = cloud.things("ec2/vpc").first?.id else { return }
      cloud.edit("ec2/vpc", id) { $0.hiddenFor = 2 }
    }
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(cloud.things("ec2/vpc").count == 1)
    #expect(cloud.writes.filter { $0.verb == .create && $0.address == "ec2/vpc.main" }.count == 1)
  }

  @Test("a create in doubt is still in doubt after an attempt that could not look")
  func blindAttempt() async throws {
    var orders = Orders()
    orders.vpc.hiddenFor = 2
    let isBlind = Guarded<Bool?>(nil)
    orders.cloud.change { state in
      state.fault = { call, _ in
        guard call.address == "ec2/vpc.main" else { return nil }
        return isBlind.withLock { isBlind in
          switch call.verb {
          case .create where isBlind == nil:
            isBlind = true
            return .loseAnswer
          case .observe where isBlind == true:
            return .fail(CallError(.unavailable, code: "ServiceUnavailable", message: "sorry"))
          default: return nil
          }
        }
      }
    }
    let verdict = await orders.apply(try await orders.decide(orders.graph())) { progress in
      if case .retrying = progress.event { isBlind.withLock { $0 = false } }
    }
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.things("ec2/vpc").count == 1)
  }

  @Test("what was made and is really gone is made again")
  func goneForGood() async throws {
    var orders = Orders()
    orders.vpc.leftOut = ["dns"]
    loseOnce(orders, "update ec2/vpc.main", .fail(CallError(.throttled, code: "Throttling", message: "slow")))
    let cloud = orders.cloud
    let verdict = await orders.apply(try await orders.decide(orders.graph())) { progress in
      guard case .retrying(let error, _) = progress.event, error.code == "Throttling" else { return }
      cloud.change { $0.things["ec2/vpc"] = [] }
    }
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(cloud.things("ec2/vpc").count == 1)
  }

  @Test("what one look before its delete does not show is deleted all the same")
  func unseenBeforeDelete() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let decision = try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard)
    for (kind, things) in orders.cloud.read({ $0.things }) {
      for thing in things { orders.cloud.edit(kind, thing.id) { $0.hiddenFor = 1 } }
    }
    let verdict = await orders.apply(decision)
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(orders.cloud.count == 0)
  }

  @Test("what one look before its update does not show has not moved")
  func unseenBeforeUpdate() async throws {
    let orders = Orders()
    try await orders.build()
    let graph = orders.graph { $0["rds/cluster.main"]?["backup"] = 21 }
    let decision = try await orders.decide(graph)
    orders.edit("rds/cluster.main") { $0.hiddenFor = 1 }
    let verdict = await orders.apply(decision)
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("what an attempt has left half done is no move of anybody else's when it is tried again")
  func halfDone() async throws {
    let orders = Orders()
    try await orders.build()
    loseOnce(orders, "update rds/cluster.main", .fail(CallError(.throttled, code: "Throttling", message: "slow")))
    let graph = orders.graph { $0["rds/cluster.main"]?["backup"] = 21 }
    let cloud = orders.cloud
    let id = cloud.things("rds/cluster")[0].id
    let verdict = await orders.apply(try await orders.decide(graph)) { progress in
      // The first of its two calls had been carried out.
      if case .retrying = progress.event { cloud.edit("rds/cluster", id) { $0.attributes["backup"] = 17 } }
    }
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(try await orders.decide(graph).plan.isEmpty)
  }

  @Test("what somebody else changed before the first write is still a move")
  func movedBefore() async throws {
    let orders = Orders()
    try await orders.build()
    let decision = try await orders.decide(orders.graph { $0["rds/cluster.main"]?["backup"] = 21 })
    let lost = Guarded(false)
    orders.cloud.change { state in
      state.fault = { call, _ in
        guard call.verb == .observe, call.address == "rds/cluster.main", !lost.withLock({ $0 }) else { return nil }
        lost.withLock { $0 = true }
        return .fail(CallError(.unavailable, code: "ServiceUnavailable", message: "sorry"))
      }
    }
    orders.edit("rds/cluster.main") { $0.attributes["backup"] = 17 }
    let verdict = await orders.apply(decision)
    #expect(verdict.exitCode == .stale, "\(verdict.diagnostics)")
    #expect(orders.cloud.writes.isEmpty)
  }

  @Test("what AWS answers a create with and does not show in time is gone, and the next create is told")
  func answeredWithThePast() async throws {
    let orders = Orders()
    let past = CallError(.ambiguous, code: "NotVisible", message: "shows nothing of it", answeredID: "vpc-past")
    loseOnce(orders, "create ec2/vpc.main", .fail(past))
    let begun = orders.clock.now
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    let creates = orders.cloud.calls.enumerated().filter {
      $0.element.verb == .create && $0.element.address == "ec2/vpc.main"
    }
    #expect(creates.map(\.element.gone) == [nil, "vpc-past"])
    let looks = orders.cloud.calls[creates[0].offset..<creates[1].offset].filter { $0.address == "ec2/vpc.main" }
    #expect(looks.count >= 4, "what is new is given its time to show")
    #expect(begun.duration(to: orders.clock.now) > .seconds(15))
  }

  @Test("what was lost and what AWS had answered before are two things: only an answer is said to be gone")
  func lostIsNotGone() async throws {
    let orders = Orders()
    loseOnce(orders, "create ec2/vpc.main", .loseRequest)
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    let creates = orders.cloud.writes.filter { $0.address == "ec2/vpc.main" && $0.verb == .create }
    #expect(creates.map(\.gone) == [nil, nil])
  }

  @Test("a delete that AWS goes on refusing until time runs out ends with AWS's last word")
  func refusedForGood() async throws {
    let orders = Orders()
    let graph = try await orders.build()
    let deletes = Guarded(0)
    orders.cloud.change { state in
      state.fault = { call, _ in
        guard call.verb == .delete, call.address == "rds/instance.a" else { return nil }
        let count = deletes.withLock { deletes in
          deletes += 1
          return deletes
        }
        // It was made so lately that the first one does not know it.
        return count == 1
          ? .fail(CallError(.notFound, code: "NotFound", message: "no such thing"))
          : .fail(
            CallError(
              .conflict, code: "InvalidDBInstanceState", message: "try \(count)", requestID: "r-\(count)",
              operation: "rds DeleteDBInstance", status: 400))
      }
    }
    let verdict = await orders.apply(try orders.planner.destroy(graph, await orders.observer.observe(graph), .discard))
    #expect(verdict.exitCode == .incomplete)
    let last = deletes.withLock { $0 }
    #expect(last > 2)
    let diagnostic = try #require(verdict.diagnostics.all.first)
    #expect(diagnostic.rule == "engine.timed-out")
    #expect(
      diagnostic.message
        == "delete rds/instance.a: still \"deleting\" after 1h00m: rds DeleteDBInstance: InvalidDBInstanceState: "
        + "try \(last) (request r-\(last))")
  }

  @Test("what a create was answered with is told when time runs out before it is known whether it was carried out")
  func doubtUntilTheEnd() async throws {
    var orders = Orders()
    orders.vpc.patience = Patience(ready: .seconds(60), untilSeen: .seconds(300))
    loseOnce(orders, "create ec2/vpc.main", .loseRequest)
    let verdict = await orders.apply(try await orders.decide(orders.graph()))
    #expect(verdict.exitCode == .incomplete)
    #expect(
      verdict.diagnostics.all.first?.message
        == "create ec2/vpc.main: still \"not visible yet\" after 1m00s: AnswerLost: connection reset")
  }

  @Test("an update in doubt ends with what AWS answered, however often a look shows the old value")
  func doubtBeforeVerdict() async throws {
    var orders = Orders()
    orders.instance.patience = Patience(
      ready: .seconds(600), gone: .seconds(600), firstLook: .seconds(1), longestPause: .seconds(1))
    try await orders.build()
    let exists = CallError(.alreadyExists, code: "AlreadyExists", message: "another has it")
    orders.cloud.change { $0.fault = { call, _ in call.verb == .update ? .fail(exists) : nil } }
    let verdict = await orders.apply(try await orders.decide(orders.graph { $0["rds/instance.a"]?["tier"] = 7 }))
    let diagnostic = try #require(verdict.diagnostics.all.first)
    #expect(diagnostic.rule == "engine.call-failed")
    #expect(diagnostic.message.contains("AlreadyExists: another has it"))
    #expect(orders.cloud.writes.count == 1)
  }

  private func loseOnce(_ orders: Orders, _ step: String, _ fault: FakeCloud.Fault) {
    let lost = Guarded(false)
    orders.cloud.change { state in
      state.fault = { call, _ in
        guard call.isWrite, "\(call.verb.rawValue) \(call.address?.description ?? "")" == step else { return nil }
        return lost.withLock { lost in
          defer { lost = true }
          return lost ? nil : fault
        }
      }
    }
  }
}
