// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Spec
import Testing

/// Files of the repository that tests read.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: root.appending(path: path)))
  }

  static func text(_ path: String) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }
}

/// `specs/minimal.yaml` with pieces of it replaced: the given of most tests.
func minimal(_ replacements: (String, String)...) throws -> String {
  var text = try Repository.text("specs/minimal.yaml")
  for (old, new) in replacements {
    try #require(text.contains(old), "the minimal spec has no \"\(old)\"")
    text = text.replacingOccurrences(of: old, with: new)
  }
  return text
}

func read(_ text: String, file: String = "spec.yaml") -> Reading {
  SpecFile.read(Array(text.utf8), file: file)
}

extension Reading {
  /// `line:column rule message (hint)` of each diagnostic.
  var lines: [String] {
    diagnostics.all.map { diagnostic in
      let place = diagnostic.span.map { "\($0.start.line):\($0.start.column) " } ?? ""
      return "\(place)\(diagnostic.rule) \(diagnostic.message)" + (diagnostic.hint.map { " (\($0))" } ?? "")
    }
  }

  var rules: [String] { diagnostics.all.map(\.rule) }
}

/// What the body costs of this thread's processor time, however busy the machine is.
func processorTime(_ body: () -> Void) -> Duration {
  func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
  let start = now()
  body()
  return now() - start
}

extension Explanation {
  /// True for a field of a list's items.
  static func isInList(_ path: String) -> Bool {
    fields.contains { parent in
      guard path.hasPrefix("\(parent.path)."), case .list? = parent.field.shape else { return false }
      return true
    }
  }
}
