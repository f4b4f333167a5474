// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What the members of a cluster promise to each other.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct OneAtATimeTests {
  @Test("the next instance is changed when AWS shows the last change as made, and not when it has only taken it")
  func certificates() async throws {
    let stage = try await Stage()
    let needs = DBInstance.sample(in: stage).needs
    try await stage.converge(needs + members(of: stage, "rds-ca-rsa2048-g1"))
    // Time as long as on AWS, and passing at the pace of the applier's clock.
    try await stage.control("clock", ["auto": false, "scale": .int(HastyClock.haste)])
    let wanted = members(of: stage, "rds-ca-rsa4096-g1")
    let witness = Witness(try stage.kind(DBInstance.name), stack: stage.stack, wanted: wanted)
    let kinds = stage.kinds.map { $0.name == DBInstance.name ? witness.kind : $0 }
    let decision = try await stage.plan(needs + wanted)
    #expect(decision.plan.steps.count == 3)
    let verdict = await Applier(kinds, clock: HastyClock(), seed: 1).apply(decision, cancellation: Cancellation()) {
      _ in
    }
    #expect(verdict.isSuccess, "\(verdict.diagnostics)")
    #expect(witness.updates.count == 3, "each is asked for once")
    #expect(witness.updates.map(\.unfinished) == [[], [], []])
    try await stage.expectNoViolations()
  }

  private func members(of stage: Stage, _ authority: String) -> [DesiredResource] {
    ["a", "b", "c"].map { name in
      var desired = stage.instance(name).desired
      desired.certificateAuthority = authority
      return Node<DBInstance>(name, desired).resource()
    }
  }
}

/// Looks, before every update of a kind, which of those updated before are not yet as they are wanted.
private final class Witness: Sendable {
  struct Update: Sendable {
    let address: Address
    let unfinished: [Address]
  }

  private let real: Kind
  private let stack: String
  private let wanted: [DesiredResource]
  private let seen = Guarded<[Update]>([])

  init(_ real: Kind, stack: String, wanted: [DesiredResource]) {
    self.real = real
    self.stack = stack
    self.wanted = wanted
  }

  var updates: [Update] { seen.withLock { $0 } }

  var kind: Kind {
    Kind(
      name: real.name, identity: real.identity, schema: real.schema, holdsData: real.holdsData,
      oneAtATime: real.oneAtATime, parent: real.parent, follows: real.follows, patience: real.patience,
      resolve: real.resolve, observe: real.observe, create: real.create,
      update: { (observation, desired, names) async throws(CallError) in
        let unfinished = try await self.unfinished()
        self.seen.withLock { $0.append(Update(address: desired.address, unfinished: unfinished)) }
        try await self.real.update(observation, desired, names)
      }, delete: real.delete)
  }

  private func unfinished() async throws(CallError) -> [Address] {
    let live = try await real.observe(Lookup(stack: stack, desired: wanted))
    let index = real.schema.firstIndex { $0.name == "certificateAuthority" }
    return updates.map(\.address).filter { address in
      guard let index, let wish = wanted.first(where: { $0.address == address }) else { return true }
      return live.first { $0.key == wish.key }?.values[index] != wish.values[index]
    }
  }
}
