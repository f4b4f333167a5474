// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources
import Testing

@Suite(.timeLimit(.minutes(5)), .atMostEight)
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
    // The first token gave the dead template back, which its own question told.
    let creations = try await stage.calls().filter { $0.operation == "CreateExperimentTemplate" && $0.hadEffect }
    #expect(creations.count == 3)
    try await stage.expectNoViolations()
  }
}
