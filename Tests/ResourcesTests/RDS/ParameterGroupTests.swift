// SPDX-License-Identifier: Apache-2.0

import AWSAPIRDS
import Core
import Testing

@testable import Resources

@Suite("The settings of a parameter group")
struct ParameterGroupTests {
  private let catalogue = [
    ParameterGroup.Parameter(name: "log_lock_waits", value: "0", isDynamic: true, isModifiable: true),
    ParameterGroup.Parameter(name: "track_commit_timestamp", value: "0", isDynamic: false, isModifiable: true),
    ParameterGroup.Parameter(name: "server_version", value: "15.10", isDynamic: false, isModifiable: false),
  ]

  @Test("what differs is set, and how it is set follows from the catalogue")
  func sets() throws {
    let settings = try ParameterGroup.settings(
      from: ["log_lock_waits": "0"], to: ["log_lock_waits": "1", "track_commit_timestamp": "1"], catalogue: catalogue)
    #expect(
      settings.set == [
        .init(name: "log_lock_waits", value: "1", isDynamic: true),
        .init(name: "track_commit_timestamp", value: "1", isDynamic: false),
      ])
    #expect(settings.set.map(\.rdsParameter.applyMethod) == ["immediate", "pending-reboot"])
    #expect(settings.reset == [])
  }

  @Test("what has its value already is not sent")
  func unchanged() throws {
    let settings = try ParameterGroup.settings(
      from: ["log_lock_waits": "1"], to: ["log_lock_waits": "1"], catalogue: catalogue)
    #expect(settings.set == [] && settings.reset == [])
  }

  @Test("what nobody wants any more goes back to its default")
  func resets() throws {
    let settings = try ParameterGroup.settings(
      from: ["track_commit_timestamp": "1", "log_lock_waits": "1"], to: ["log_lock_waits": "1"], catalogue: catalogue)
    #expect(settings.reset == [.init(name: "track_commit_timestamp", value: nil, isDynamic: false)])
  }

  @Test("a parameter that the family does not have is named and nothing is sent")
  func unknown() {
    #expect(throws: CallError.self) {
      try ParameterGroup.settings(from: [:], to: ["log_lock_wait": "1"], catalogue: catalogue)
    }
  }

  @Test("a parameter that AWS keeps to itself is named and nothing is sent")
  func fixed() {
    let error = #expect(throws: CallError.self) {
      try ParameterGroup.settings(from: [:], to: ["server_version": "16"], catalogue: catalogue)
    }
    #expect(error?.message.contains("\"server_version\"") == true)
  }

  @Test(
    "a call carries no more than twenty",
    arguments: [(0, []), (1, [1]), (20, [20]), (21, [20, 1]), (45, [20, 20, 5])])
  func chunks(count: Int, sizes: [Int]) {
    let settings = (0..<count).map { ParameterGroup.Setting(name: "p\($0)", value: "1", isDynamic: true) }
    let calls = ParameterGroup.calls(settings)
    #expect(calls.map(\.count) == sizes)
    #expect(Array(calls.joined()) == settings)
  }
}
