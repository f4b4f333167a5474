// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources
import Testing

@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct DrillTests {
  @Test("a drill that was deleted and is wanted again is a new template, whatever AWS remembers")
  func wantedAgain() async throws {
    let stage = try await Stage()
    let sample = ExperimentTemplate.sample(in: stage)
    try await stage.converge(sample.resources())
    let first = try await stage.live(ExperimentTemplate.name, "weekly")
    try await stage.converge(sample.needs)
    try await stage.converge(sample.resources())
    let second = try await stage.live(ExperimentTemplate.name, "weekly")
    #expect(first.id != second.id)
    // The first token gave the dead template back, of which no look showed anything.
    let creations = try await stage.calls().filter { $0.operation == "CreateExperimentTemplate" && $0.hadEffect }
    #expect(creations.count == 3)
    try await stage.expectNoViolations()
  }

  @Test("a drill that AWS shows late is made once, also when the answer was lost", arguments: [false, true])
  func shownLate(isLost: Bool) async throws {
    let stage = try await Stage()
    let sample = ExperimentTemplate.sample(in: stage)
    try await stage.converge(sample.needs)
    // Time passes at the pace of the applier's clock and not with each look.
    try await stage.control("clock", ["auto": false, "scale": .int(HastyClock.haste)])
    try await stage.control("settings", ["eventual": 10])
    if isLost {
      try await stage.control(
        "faults", [["service": "fis", "operation": "CreateExperimentTemplate", "kind": "lost", "times": 1]])
    }
    let start = try await stage.now()
    try await stage.converge(sample.resources())
    let calls = try await stage.calls(since: start)
    // A call whose answer was lost is repeated with its token.
    let creations = calls.filter { $0.operation == "CreateExperimentTemplate" && $0.hadEffect }
    #expect(creations.count == (isLost ? 2 : 1))
    #expect(Set(creations.map(\.params)).count == 1)
    let made = try #require(creations.first).number
    #expect(calls.contains { $0.operation == "ListExperimentTemplates" && $0.number > made }, "it was looked for")
    #expect(try await stage.inventory()["fis/experiment-template"] == 1)
    try await stage.expectNoViolations()
  }
}
