// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What every kind must do, tried on each of the registry from its own table of attributes and one sample, against the
/// sandbox over the real wire.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct ConformanceTests {
  @Test("every kind of the registry has a sample")
  func everyKindHasASample() {
    #expect(Subject.unsampled == [])
  }

  @Test("a sample tries every attribute", arguments: Subject.all)
  func sampleIsComplete(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    let readable = subject.kind.schema.filter { !$0.traits.contains(.writeOnly) }.map(\.name)
    let tried = Set(sample.others.keys).union(sample.untried.keys)
    #expect(Set(readable).subtracting(tried) == [], "give each an `other`, or say in `untried` why there is none")
  }

  @Test("created once, it is as desired", arguments: Subject.all)
  func createConverges(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    let first = try await stage.converge(sample.resources())
    #expect(first.change(at: sample.desired.address)?.action == .create)
    let second = try await stage.plan(sample.resources()).plan
    #expect(second.steps == [], "\(second.summary)")
    try await stage.expectNoViolations()
  }

  @Test("a changed attribute takes one update, there and back", arguments: Subject.all)
  func updatesConverge(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    try await stage.converge(sample.resources())
    for schema in subject.kind.schema where schema.isInPlace {
      guard let other = sample.others[schema.name] else { continue }
      let there = try await stage.converge(sample.resources(other))
      #expect(there.updates == [sample.desired.address: [schema.name]], "to another \(schema.name): \(there.summary)")
      let after = try await stage.plan(sample.resources(other)).plan
      #expect(after.steps == [], "after another \(schema.name): \(after.summary)")
      // The same again, as if others had made the change.
      let back = try await stage.converge(sample.resources())
      if !schema.keepsTheOld {
        #expect(back.updates == [sample.desired.address: [schema.name]], "back to \(schema.name): \(back.summary)")
      }
      let end = try await stage.plan(sample.resources()).plan
      #expect(end.steps == [], "after \(schema.name) and back: \(end.summary)")
    }
    try await stage.expectNoViolations()
  }

  @Test("a change behind its back is found, named and repaired", arguments: Subject.all)
  func driftIsRepaired(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    try await stage.converge(sample.resources())
    for drift in sample.drifts {
      let live = try await stage.theOne(of: sample)
      try await drift.make(stage, live)
      let repair = try await stage.converge(sample.resources())
      #expect(repair.updates == [sample.desired.address: [drift.attribute]], "\(drift): \(repair.summary)")
      let end = try await stage.plan(sample.resources()).plan
      #expect(end.steps == [], "after \(drift): \(end.summary)")
    }
    try await stage.expectNoViolations()
  }

  @Test("what cannot be changed is refused, with the way out and without a write", arguments: Subject.all)
  func refusals(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    try await stage.converge(sample.resources())
    let start = try await stage.now()
    for schema in subject.kind.schema {
      guard case .refuse(let wayOut) = schema.mutability, let other = sample.others[schema.name] else { continue }
      do {
        let plan = try await stage.plan(sample.resources(other)).plan
        Issue.record("another \(schema.name) was not refused: \(plan.summary)")
      } catch let stop as Stop {
        #expect(stop.exitCode == .refused)
        let text = stop.diagnostics.all.map { "\($0.message) \($0.hint ?? "")" }.joined(separator: "\n")
        #expect(text.contains("\"\(schema.name)\"") && text.contains(wayOut), "\(text)")
      }
    }
    #expect(try await stage.calls(since: start).filter(\.isWrite).map(\.description) == [])
    try await stage.expectNoViolations()
  }

  @Test("what must be made anew is said so, and is", arguments: Subject.all)
  func replacements(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    for schema in subject.kind.schema {
      guard case .replace = schema.mutability, let other = sample.others[schema.name] else { continue }
      try await stage.converge(sample.resources())
      let before = try await stage.theOne(of: sample)
      let plan = try await stage.converge(sample.resources(other))
      #expect(plan.replaces(sample.desired.address, named: schema.name), "another \(schema.name): \(plan.summary)")
      let live = try await stage.observe(subject.name, sample.resources(other))
      #expect(!live.contains { $0.id == before.id && $0.key == before.key }, "the old one is still there")
      #expect(try await stage.plan(sample.resources(other)).plan.steps == [])
    }
    try await stage.expectNoViolations()
  }

  @Test("what the spec leaves to AWS never differs", arguments: Subject.all)
  func serverDefaults(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    try await stage.converge(sample.resources())
    for schema in subject.kind.schema where schema.traits.contains(.serverDefaulted) && schema.isInPlace {
      guard let other = sample.others[schema.name], sample.value(of: schema.name) == .null else { continue }
      try await stage.converge(sample.resources(other))
      let plan = try await stage.plan(sample.resources()).plan
      #expect(plan.steps == [], "\(schema.name) left to AWS: \(plan.summary)")
    }
  }

  @Test("deleted twice, the second time nothing happens but that AWS may deny to know it", arguments: Subject.all)
  func deleteIsQuiet(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    let before = try await stage.resources()
    try await stage.converge(sample.resources())
    let live = try await stage.theOne(of: sample)
    try await stage.destroy(sample.resources())
    #expect(try await stage.observe(subject.name, sample.resources()).allSatisfy { $0.owner == .nobody })
    let kind = try stage.kind(subject.name)
    do throws(CallError) {
      _ = try await kind.delete(live, Deletion(wholeStack: true))
    } catch {
      #expect(error.category == .notFound, "\(error)")
    }
    // What AWS lets linger (interfaces of endpoints and databases) has had its time.
    try await stage.control("clock", ["advance": 3600])
    let left = try await stage.resources().subtracting(before).filter { resource in
      !sample.leaves.contains { resource.hasSuffix(" \($0)") }
    }
    #expect(left == [], "nothing is left")
    try await stage.expectNoViolations()
  }

  @Test("a delete of what AWS denies to know is not taken for done", arguments: Subject.all)
  func deniedToKnow(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    try await stage.converge(sample.resources())
    let live = try await stage.theOne(of: sample)
    let deletes = try Markers.allowed(for: [subject.name]).sorted().map { $0.split(separator: " ").map(String.init) }
    try await stage.control(
      "faults",
      .array(
        deletes.map { ["service": .string($0[0]), "operation": .string($0[1]), "kind": "notfound", "times": 1] }))
    let start = try await stage.now()
    let kind = try stage.kind(subject.name)
    var isDenied = false
    do throws(CallError) {
      _ = try await kind.delete(live, Deletion(wholeStack: true))
    } catch {
      isDenied = error.category == .notFound
      #expect(isDenied, "\(error)")
    }
    let last = try #require(try await stage.calls(since: start).last)
    #expect(isDenied == (last.fault == "notfound"), "\(last)")
    try await stage.control("faults", .array([]))
    try await stage.destroy(sample.resources())
    #expect(try await stage.observe(subject.name, sample.resources()).allSatisfy { $0.owner == .nobody })
  }

  @Test("a lost answer makes no second one", arguments: Subject.all)
  func lostAnswers(_ subject: Subject) async throws {
    try await expectSameWorld(of: subject, despite: "lost") { stage, writes in
      try await stage.control(
        "faults",
        .array(
          writes.map {
            ["service": .string($0.service), "operation": .string($0.operation), "kind": "lost", "times": 1]
          }))
    }
  }

  @Test("throttled at every operation it comes to the same", arguments: Subject.all)
  func throttling(_ subject: Subject) async throws {
    try await expectSameWorld(of: subject, despite: "throttle") { stage, _ in
      let calls = try Markers.allowed(for: subject.sample(in: stage))
      try await stage.control(
        "faults",
        .array(
          calls.sorted().map { call in
            let words = call.split(separator: " ")
            return [
              "service": .string(String(words[0])), "operation": .string(String(words[1])), "kind": "throttle",
              "times": 2,
            ]
          }))
    }
  }

  @Test("it calls nothing but what its markers say", arguments: Subject.all)
  func callsAreDeclared(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    try await stage.converge(sample.resources())
    for schema in subject.kind.schema where schema.isInPlace {
      if let other = sample.others[schema.name] { try await stage.converge(sample.resources(other)) }
    }
    try await stage.destroy(sample.resources())
    let declared = try Markers.allowed(for: Registry.all.map { $0.name })
    let made = Set(try await stage.calls().map(\.description))
    #expect(made.subtracting(declared) == [])
    // Kinds that have no part in the sample only look.
    let parts = try Markers.allowed(for: sample)
    let writes = Set(try await stage.calls().filter(\.isWrite).map(\.description))
    #expect(writes.subtracting(parts) == [])
  }

  @Test("whose it is stands in the creating call", arguments: Subject.all)
  func ownedFromTheFirstCall(_ subject: Subject) async throws {
    guard subject.kind.identity != .parent else { return }
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    try await stage.converge(sample.needs + sample.beside.filter { !$0.needs.contains(sample.desired.address) })
    let start = try await stage.now()
    try await stage.converge(sample.resources())
    let service = subject.name.service
    let first = try #require(
      try await stage.calls(since: start).first { $0.isWrite && $0.service == service && $0.hadEffect })
    #expect(
      ["harecon:\(stage.stack)", "HareconS\(stage.stack)", OwnerTag.stack].contains { first.params.contains($0) },
      "\(first) \(first.params)")
  }

  @Test("a secret is seen nowhere", arguments: Subject.all)
  func secretsStaySealed(_ subject: Subject) async throws {
    let stage = try await Stage()
    let sample = subject.sample(in: stage)
    let sensitive = subject.kind.schema.filter { $0.traits.contains(.sensitive) }.map(\.name)
    #expect(sensitive.isEmpty == sample.secrets.isEmpty, "name the plain texts of \(sensitive) in the sample")
    guard !sample.secrets.isEmpty else { return }
    let first = try await stage.plan(sample.resources())
    let verdict = await stage.apply(first)
    let second = try await stage.plan(sample.resources()).plan
    for secret in sample.secrets {
      #expect(!"\(first.plan)".contains(secret))
      #expect(!"\(verdict)".contains(secret))
      #expect(!"\(second)".contains(secret))
    }
  }

  /// Makes the sample's resources in a clean account and in one where `trouble` has been arranged, and expects the same to
  /// be there afterwards.
  private func expectSameWorld(
    of subject: Subject, despite fault: String, _ trouble: (Stage, _ writes: Set<Call.Name>) async throws -> Void
  ) async throws {
    let calm = try await Stage()
    try await calm.converge(subject.sample(in: calm).resources())
    let writes = Set(try await calm.calls().filter(\.isWrite).map(\.name))
    let troubled = try await Stage()
    try await trouble(troubled, writes)
    let sample = subject.sample(in: troubled)
    try await troubled.converge(sample.resources(), runs: 3)
    let struck = Set(try await troubled.calls().filter { $0.fault == fault }.map(\.name))
    #expect(struck.isSuperset(of: writes), "every write had its trouble")
    #expect(try await troubled.inventory() == (try await calm.inventory()))
    #expect(try await troubled.plan(sample.resources()).plan.steps == [])
    try await troubled.expectNoViolations()
  }
}
