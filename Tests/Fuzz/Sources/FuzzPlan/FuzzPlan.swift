// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

/// Any bytes are a plan file or are refused; a plan that was read, its digest unseen, is written and reads back the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPlan(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  _ = try? PlanFile.decode(bytes)
  guard let file = try? JSON(parsing: bytes), let body = file["plan"], let plan = try? PlanFile.plan(from: body) else {
    return 0
  }
  _ = Diagram(plan).dot
  let written = PlanFile.encode(SavedPlan(plan: plan, specFile: "spec.yaml", specText: ""))
  guard let again = try? PlanFile.decode(written) else { preconditionFailure("what was written cannot be read") }
  precondition(PlanFile.encode(again) == written, "what was written reads back as something else")
  return 0
}
