// SPDX-License-Identifier: Apache-2.0

import Blueprint
import Core
import FoundationEssentials
import Spec

/// The graph of one of the specs in `specs/`.
///
/// - Parameter change: what is to be different in its text.
func graph(_ spec: String, _ change: (String) -> String = { $0 }) throws -> Graph {
  let text = change(try Repository.text("specs/\(spec).yaml"))
  let (stack, _) = try SpecFile.stack(Array(text.utf8), file: "specs/\(spec).yaml")
  return StackBlueprint(stack).graph
}

/// The package's own files.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
  }
}
