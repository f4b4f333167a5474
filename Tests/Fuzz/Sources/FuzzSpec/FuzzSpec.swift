// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Spec

/// Any bytes end in a stack or in errors that can be shown, and what can be formatted is unchanged by formatting it again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSpec(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let reading = SpecFile.read(bytes, file: "fuzz.yaml")
  precondition((reading.stack == nil) == reading.diagnostics.hasErrors)
  _ = DiagnosticRenderer(sources: ["fuzz.yaml": SourceText(bytes)]).text(reading.diagnostics.all)
  if let once = try? SpecFormat.formatted(bytes, file: "fuzz.yaml") {
    let twice = try? SpecFormat.formatted(Array(once.utf8), file: "fuzz.yaml")
    precondition(once == twice, "formatting twice changed more")
  }
  return 0
}
