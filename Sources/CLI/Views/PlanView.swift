// SPDX-License-Identifier: Apache-2.0

internal import Core

/// A plan as people read it: what is deleted first, then the rest by address, then the sum.
struct PlanView {
  let plan: Plan
  let style: Style
  /// Leave out the attributes.
  var concise = false

  var text: String {
    let shown = plan.changes.filter { $0.action != .noOp }
    var sections = ["\(style.ink(.bold, plan.stack))  account \(plan.account)  \(plan.region)"]
    let blocks = shown.sorted(by: Self.mostDrasticFirst).map(block)
    sections += concise && !blocks.isEmpty ? [blocks.joined(separator: "\n")] : blocks
    if !plan.notes.isEmpty { sections.append(plan.notes.map(note).joined(separator: "\n")) }
    sections.append(summary)
    return sections.joined(separator: "\n\n") + "\n"
  }

  /// Deletions and replacements stand at the top, where nobody misses them.
  private static func mostDrasticFirst(_ a: ResourceChange, _ b: ResourceChange) -> Bool {
    (rank(a.action), a.address) < (rank(b.action), b.address)
  }

  /// Deletions are named once more at the bottom, unless the whole stack goes.
  private static let mostNamed = 10

  private static func rank(_ action: Action) -> Int {
    switch action {
    case .delete: 0
    case .replace: 1
    case .create, .update, .noOp: 2
    }
  }

  // MARK: One resource

  private func block(_ change: ResourceChange) -> String {
    let title = "  \(symbol(change.action)) \(change.address)"
    let margin = max(2, min(style.width, 100) - change.address.description.count - 4 - remark(change).count)
    var lines = [title + (remark(change).isEmpty ? "" : String(repeating: " ", count: margin) + tinted(change))]
    let attributes =
      concise ? [] : change.attributes.filter { change.action != .create || Self.says(something: $0.new) }
    let width = (attributes.map(\.name.count).max() ?? 0) + 2
    for attribute in attributes {
      lines.append(contentsOf: rows(attribute, change.action, nameWidth: width))
    }
    return lines.joined(separator: "\n")
  }

  /// Of what is made anew, only what it will have is of interest.
  private static func says(something value: Value) -> Bool {
    switch shown(value) {
    case .null, .list([]), .string(""): false
    case .map(let members): !members.isEmpty
    case .bool, .int, .double, .string, .list, .unknown, .sealed: true
    }
  }

  private func tinted(_ change: ResourceChange) -> String {
    switch change.disruption {
    case .none: style.ink(.faint, remark(change))
    case .connections: style.ink(.yellow, remark(change))
    case .restart, .outage: style.ink(.red, remark(change))
    }
  }

  /// Why, and what users notice.
  private func remark(_ change: ResourceChange) -> String {
    var parts = change.reasons.compactMap(Self.words)
    if change.disruption != .none { parts.append(Self.words(change.disruption)) }
    return parts.joined(separator: "; ")
  }

  private static func words(_ reason: Reason) -> String? {
    switch reason {
    case .absent, .differs: nil
    case .notInSpec: "not in the spec"
    case .dependencyReplaced(let address): "\(address) is replaced"
    case .destroy: nil
    case .pending(let text): text
    }
  }

  static func words(_ disruption: Disruption) -> String {
    switch disruption {
    case .none: "none"
    case .connections: "connections drop"
    case .restart: "restart"
    case .outage: "outage"
    }
  }

  private func symbol(_ action: Action) -> String {
    switch action {
    case .noOp: " "
    case .create: style.ink(.green, "+")
    case .update: style.ink(.yellow, "~")
    case .replace: style.ink(.red, "±")
    case .delete: style.ink(.red, "-")
    }
  }

  // MARK: One attribute

  private func rows(_ attribute: AttributeChange, _ action: Action, nameWidth: Int) -> [String] {
    let name = "      " + attribute.name.padded(to: nameWidth)
    let when = [attribute.disruption == .none ? nil : Self.words(attribute.disruption), attribute.timing]
      .compactMap { $0 }.joined(separator: ", ")
    let remark = when.isEmpty || action == .create || action == .delete ? "" : "   " + style.ink(.faint, when)
    let (old, new) = (Self.shown(attribute.old), Self.shown(attribute.new))
    let oneLine =
      switch (old, new) {
      case (.null, let new): ValueText.inline(new)
      case (let old, .null) where action == .delete: ValueText.inline(old)
      case (let old, let new): "\(ValueText.inline(old)) -> \(ValueText.inline(new))"
      }
    let isBrief = name.count + oneLine.count <= style.width
    if !isBrief, let lines = DocumentDiff.lines(old, new) {
      return [name.trimmed + remark] + lines.map { "        " + $0 }
    }
    switch (old, new) {
    case (.null, .map(let members)) where !isBrief, (.map(let members), .null) where !isBrief:
      return [name.trimmed + remark] + memberRows([:], members)
    case (.null, .list(let items)) where !isBrief, (.list(let items), .null) where !isBrief:
      return [name.trimmed + remark] + items.map { "        " + clipped($0, margin: 8) }
    case (.map(let before), .map(let after)):
      return [name.trimmed + remark] + memberRows(before, after)
    case (.list(let before), .list(let after)) where !isBrief || before.count + after.count > 2:
      return [name.trimmed + remark] + itemRows(before, after)
    case _ where !isBrief && old != .null:
      return [name.trimmed + remark, "        - " + clipped(old, margin: 10), "        + " + clipped(new, margin: 10)]
    default:
      return [name + oneLine.clipped(to: max(40, style.width - name.count)) + remark]
    }
  }

  /// The owner's own tags say nothing that the address does not say.
  private static func shown(_ value: Value) -> Value {
    guard case .map(let members) = value else { return value }
    return .map(members.filter { !$0.key.hasPrefix("harecon:") })
  }

  /// The members of a map that differ, one per line.
  private func memberRows(_ old: [String: Value], _ new: [String: Value]) -> [String] {
    let keys = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
    let width = (keys.map(\.count).max() ?? 0) + 2
    return keys.flatMap { key -> [String] in
      let name = "        " + key.padded(to: width)
      switch (old[key], new[key]) {
      case (nil, let value?): return [name + clipped(value, margin: name.count)]
      case (let value?, nil): return [name + clipped(value, margin: name.count + 13) + " -> (removed)"]
      case (let before?, let after?):
        let oneLine = "\(ValueText.inline(before)) -> \(ValueText.inline(after))"
        if name.count + oneLine.count > style.width, let lines = DocumentDiff.lines(before, after) {
          return [name.trimmed] + lines.map { "          " + $0 }
        }
        return [name + oneLine.clipped(to: max(40, style.width - name.count))]
      case (nil, nil): return [name]
      }
    }
  }

  /// The items that only one side has; the order of the rest says nothing.
  private func itemRows(_ old: [Value], _ new: [Value]) -> [String] {
    let removed = old.filter { !new.contains($0) }.map { style.ink(.red, "        - ") + clipped($0, margin: 10) }
    let added = new.filter { !old.contains($0) }.map { style.ink(.green, "        + ") + clipped($0, margin: 10) }
    let same = new.count - added.count
    return removed + added + (same > 0 ? ["          (\(same) unchanged)"] : [])
  }

  private func clipped(_ value: Value, margin: Int) -> String {
    ValueText.inline(value).clipped(to: max(40, style.width - margin))
  }

  // MARK: The sum

  private func note(_ diagnostic: Diagnostic) -> String {
    let named = diagnostic.address.map { diagnostic.message.contains($0.description) } ?? true
    let place = named ? "" : diagnostic.address.map { "\($0): " } ?? ""
    let hint = diagnostic.hint.map { "\n      \($0)" } ?? ""
    return "  \(diagnostic.severity.rawValue): \(place)\(diagnostic.message)\(hint)"
  }

  var summary: String {
    let counts = PlanCounts(plan)
    guard counts.total > 0 else {
      if case .destroy = plan.purpose { return "Nothing of \(plan.stack) is left to take down." }
      return "No changes. \(counted(counts.unchanged, "resource")) as the spec says."
    }
    var text = "Plan: \(counts.create) to create, \(counts.update) to update, \(counts.delete) to delete"
    if counts.replace > 0 { text += ", \(counts.replace) to replace" }
    text += ". Worst disruption: \(Self.words(plan.disruption))."
    let deleted = plan.changes.filter { Self.rank($0.action) < 2 }.map(\.address.description)
    if !deleted.isEmpty && deleted.count <= Self.mostNamed {
      text += "\nDeletes: \(deleted.joined(separator: ", "))."
    }
    return text
  }
}

/// How many resources a plan touches, by what it does to them.
struct PlanCounts: Sendable, Hashable {
  var create = 0
  var update = 0
  var delete = 0
  var replace = 0
  var unchanged = 0

  init(_ plan: Plan) {
    for change in plan.changes {
      switch change.action {
      case .noOp: unchanged += 1
      case .create: create += 1
      case .update: update += 1
      case .replace: replace += 1
      case .delete: delete += 1
      }
    }
  }

  var total: Int { create + update + delete + replace }
}
