// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Testing

/// One case of `Tests/Replay/cases.json`; its README says what a case means.
struct ReplayCase: Sendable, CustomTestStringConvertible {
  let json: JSON

  var name: String { json["name"]?.string ?? "" }
  var testDescription: String { name }
  var submit: [JSON] { json["submit"]?.array ?? [] }
  var script: [JSON] { json["script"]?.array ?? [] }

  static let all: [ReplayCase] = {
    let file = Repository.root.appending(path: "Tests/Replay/cases.json")
    guard let data = FileManager.default.contents(atPath: file.path), let json = try? JSON(parsing: Array(data)),
      json["version"] == 1
    else { return [] }
    return (json["cases"]?.array ?? []).map(ReplayCase.init)
  }()

  /// A field that this runner does not know fails the case: no client may skip what it does not understand.
  func check() {
    Self.only(json, ["name", "why", "settings", "random", "log", "until", "submit", "script", "expect"])
    Self.only(json["expect"], ["outcomes", "left", "parked", "opening"])
    Self.only(
      json["settings"],
      ["pauseCap", "drainPerSecond", "maxEntries", "maxBytes", "maxAge", "maxParked", "retain", "ledgerKeep"])
    for item in submit { Self.only(item, ["id", "key", "statements", "at", "deadline", "resubmit", "discard"]) }
    for item in script {
      Self.only(item, ["call", "id", "at", "sql", "xid", "answer", "error", "effect"])
      Self.only(item["answer"], Self.answers[item["call"]?.string ?? ""] ?? [])
      Self.only(item["error"], ["code", "status", "sqlstate", "message"])
    }
  }

  private static let answers: [String: Set<String>] = [
    "enter": ["seen", "xid", "body"], "settle": ["seen", "status"], "commit": ["warning"],
  ]

  private static func only(_ item: JSON?, _ known: Set<String>) {
    for member in item?.object?.members ?? [] {
      #expect(known.contains(member.key), "the runner does not know \"\(member.key)\"")
    }
  }
}

enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}

/// A folder of a test's own, gone with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  var log: URL { URL(filePath: path).appending(path: "log") }
}
