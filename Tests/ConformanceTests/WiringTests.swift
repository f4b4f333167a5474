// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What rules and schedules promise beyond what all kinds do.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct WiringTests {
  @Test("a target that AWS does not take fails the run and is named, though the call as a whole succeeds")
  func failedTarget() async throws {
    let stage = try await Stage()
    let sample = EventRule.sample(in: stage)
    try await stage.control("settings", ["failed_targets": ["audit": "InternalError"]])
    let verdict = await stage.apply(try await stage.plan(sample.resources()))
    #expect(!verdict.isSuccess)
    #expect(verdict.diagnostics.all.contains { $0.message.contains("target \"audit\": InternalError") })
    try await stage.control("settings", ["failed_targets": .null])
    try await stage.converge(sample.resources())
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("a rule with our name that somebody else made is refused and not overwritten")
  func foreignRule() async throws {
    let stage = try await Stage()
    let sample = EventRule.sample(in: stage)
    try await stage.edit("events", "PutRule", ["Name": "sample-database", "ScheduleExpression": "rate(1 hour)"])
    let start = try await stage.now()
    await #expect { _ = try await stage.plan(sample.resources()) } throws: { error in
      (error as? Stop)?.exitCode == .ownership
    }
    #expect(try await stage.calls(since: start).filter(\.isWrite).isEmpty)
  }

  @Test("all five targets can be exchanged for others")
  func fiveTargets() async throws {
    let stage = try await Stage()
    func rule(_ prefix: String) -> [DesiredResource] {
      let targets = (1...5).map { ("\(prefix)\($0)", EventTarget(stage.function("f"), deadLetter: nil)) }
      return [
        Node<EventRule>(
          "full",
          .init(
            name: "sample-full", description: "", pattern: ["source": ["aws.fis"]],
            targets: Dictionary(uniqueKeysWithValues: targets), tags: stage.tags(EventRule.name, "full"))
        ).resource()
      ]
    }
    try await stage.converge(rule("a"))
    try await stage.converge(rule("b"))
    #expect(try await stage.plan(rule("b")).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("a role that cannot be assumed yet is waited for")
  func newRole() async throws {
    let stage = try await Stage()
    try await stage.control("settings", ["iam_propagation": 30])
    let sample = Schedule.sample(in: stage)
    try await stage.converge(sample.resources())
    let refused = try await stage.calls().filter { $0.operation == "CreateSchedule" && !$0.hadEffect }
    #expect(!refused.isEmpty, "the role was assumable at once")
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("whatever is in the stack's group is the stack's, and what the spec does not want goes")
  func straySchedule() async throws {
    let stage = try await Stage()
    let sample = Schedule.sample(in: stage)
    try await stage.converge(sample.resources())
    let weekly = try await stage.edit("scheduler", "GetSchedule", ["GroupName": "sample", "Name": "weekly"])
    try await stage.edit(
      "scheduler", "CreateSchedule",
      [
        "GroupName": "sample", "Name": "stray", "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": ["Mode": "OFF"], "Target": weekly["Target"] ?? .null,
      ])
    let plan = try await stage.converge(sample.resources())
    #expect(plan.changes.filter { $0.action == .delete }.map(\.address.name) == ["sample/stray"])
    #expect(try await stage.inventory()["scheduler/schedule"] == 1)
  }
}
