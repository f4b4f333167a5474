// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources
import Testing

@Suite("Backup plans", .timeLimit(.minutes(20)), .atMostEight)
struct BackupTests {
  @Test(
    "a plan whose last selection has just gone is deleted as soon as AWS lets it",
    arguments: [
      ("DeleteBackupPlan", "Related backup plan selections must be deleted prior to backup plan deletion."),
      (
        "DeleteRestoreTestingPlan",
        "All restore testing selections of the plan must be deleted before it can be deleted."
      ),
    ])
  func selectionsFirst(operation: String, message: String) async throws {
    let stage = try await Stage()
    let resources =
      BackupSelection.sample(in: stage).resources() + RestoreTestingSelection.sample(in: stage).resources()
    let unlike = Dictionary(resources.map { ($0.address, $0) }) { first, _ in first }
    try await stage.converge(Array(unlike.values))
    try await stage.control(
      "faults",
      [
        [
          "service": "backup", "operation": .string(operation), "kind": "denied", "times": 2,
          "code": "InvalidRequestException", "message": .string(message),
        ]
      ])
    try await stage.destroy(Array(unlike.values))
    #expect(try await stage.calls().filter { $0.operation == operation }.count == 3)
    try await stage.expectNoViolations()
  }
}
