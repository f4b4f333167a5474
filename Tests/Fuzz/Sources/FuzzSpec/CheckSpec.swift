// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Spec

/// Any bytes end in a stack or in errors that can be shown, and what can be formatted is unchanged by formatting it again.
func checkSpec(_ bytes: [UInt8]) throws {
  let reading = SpecFile.read(bytes, file: "fuzz.yaml")
  guard (reading.stack == nil) == reading.diagnostics.hasErrors else {
    throw BrokenSpec(rule: "a file gives either a stack or errors")
  }
  _ = DiagnosticRenderer(sources: ["fuzz.yaml": SourceText(bytes)]).text(reading.diagnostics.all)
  if let once = try? SpecFormat.formatted(bytes, file: "fuzz.yaml") {
    let twice = try? SpecFormat.formatted(Array(once.utf8), file: "fuzz.yaml")
    guard once == twice else { throw BrokenSpec(rule: "formatting twice changed more") }
  }
}

/// What should hold and does not.
struct BrokenSpec: Error { let rule: String }
