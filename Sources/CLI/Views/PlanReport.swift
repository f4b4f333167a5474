// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

/// A plan, what it cost to make, and its digest.
struct PlanReport: Report {
  static let schema = "harecon.plan/v1"

  let plan: Plan
  /// AWS calls made to decide it.
  let calls: Int
  /// How long a failover of the stack takes at most; nil where that is not the question.
  var failover: FailoverView?
  /// Leave out the attributes.
  var concise = false

  func text(_ style: Style) -> String {
    PlanView(plan: plan, style: style, concise: concise).text
      + (failover?.text ?? "")
      + style.ink(.faint, "digest \(plan.digest)   \(counted(calls, "AWS call"))") + "\n"
  }

  var json: JSONObject {
    let counts = PlanCounts(plan)
    return [
      "stack": .string(plan.stack), "account": .string(plan.account), "region": .string(plan.region),
      "digest": .string(plan.digest), "calls": .int(calls),
      "counts": [
        "create": .int(counts.create), "update": .int(counts.update), "delete": .int(counts.delete),
        "replace": .int(counts.replace), "unchanged": .int(counts.unchanged),
      ],
      "disruption": .string(plan.disruption.word),
      "changes": .array(plan.changes.filter { $0.action != .noOp }.map { .object(Self.json($0)) }),
      "steps": .array(
        plan.steps.map {
          ["step": .string($0.id.description), "needs": .strings($0.needs.sorted().map(\.description))]
        }),
      "notes": .array(plan.notes.map(\.json)),
    ]
  }

  private static func json(_ change: ResourceChange) -> JSONObject {
    var object: JSONObject = [
      "address": .string(change.address.description), "action": .string(change.action.word),
      "disruption": .string(change.disruption.word),
      "attributes": .array(
        change.attributes.map { attribute in
          [
            "name": .string(attribute.name), "old": JSON(shown: attribute.old), "new": JSON(shown: attribute.new),
            "disruption": .string(attribute.disruption.word), "timing": .optional(attribute.timing),
          ]
        }),
    ]
    if let id = change.id { object["id"] = .string(id) }
    if let origin = change.origin { object["origin"] = .object(JSONObject(origin)) }
    return object
  }
}

extension Action {
  /// The verb in JSON reports.
  var word: String {
    switch self {
    case .noOp: "none"
    case .create: "create"
    case .update: "update"
    case .replace: "replace"
    case .delete: "delete"
    }
  }
}

extension Disruption {
  /// The class in JSON reports.
  var word: String {
    switch self {
    case .none: "none"
    case .connections: "connections"
    case .restart: "restart"
    case .outage: "outage"
    }
  }
}
