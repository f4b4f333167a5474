// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

/// Any bytes are a plan file or are refused; a plan that was read, its digest unseen, is written and reads back the same.
func checkPlan(_ bytes: [UInt8]) throws {
  _ = try? PlanFile.decode(bytes)
  guard let file = try? JSON(parsing: bytes), let body = file["plan"], let plan = try? PlanFile.plan(from: body) else {
    return
  }
  _ = Diagram(plan).dot
  let written = PlanFile.encode(SavedPlan(plan: plan, specFile: "spec.yaml", specText: ""))
  guard let again = try? PlanFile.decode(written) else { throw BrokenPlan(rule: "what was written cannot be read") }
  guard PlanFile.encode(again) == written else {
    throw BrokenPlan(rule: "what was written reads back as something else")
  }
}

/// What should hold and does not.
struct BrokenPlan: Error { let rule: String }
