// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import Engine

extension Progress {
  /// What a line says of it: nil for what is on its way.
  ///
  /// - Parameter change: the plan's, of the step's resource. A secret's value is sealed in it.
  func told(of change: ResourceChange?) -> (what: String, facts: JSONObject)? {
    var facts: JSONObject = ["step": .string(step.description)]
    if let id = change?.id { facts["id"] = .string(id) }
    let what: String
    switch event {
    case .started, .waiting, .retrying: return nil
    case .done:
      what = step.verb == .create ? "created" : "updated"
      if step.verb == .update, let change { facts["changed"] = .object(change.changed) }
    case .departed(.gone), .departed(.withParent): what = "deleted"
    case .departed(.scheduled(let day)):
      what = "scheduled"
      facts["for"] = day.map { .string($0) } ?? .null
    case .departed(.kept(let reason)):
      what = "kept"
      facts["because"] = .string(reason)
    case .failed(let failure):
      what = "failed"
      let errors = failure.diagnostics(step)
      facts["errors"] = .array(errors.map { ["rule": .string($0.rule), "message": .clipped($0.message)] })
    case .skipped(let cause):
      what = "skipped"
      facts["because"] = .string(cause.description)
    case .cancelled: what = "cancelled"
    }
    facts["seconds"] = .double((elapsed / .milliseconds(1)).rounded() / 1000)
    return (what, facts)
  }
}

extension ResourceChange {
  /// Old and new value by the attribute's name.
  fileprivate var changed: JSONObject {
    JSONObject(
      attributes.map { attribute in
        (key: attribute.name, value: ["old": .clipped(attribute.old), "new": .clipped(attribute.new)])
      })
  }
}

extension JSON {
  /// Bytes of a value that a line takes: dashboards and policies are long, and the spec's own history has them whole.
  private static let most = 2_048

  fileprivate static func clipped(_ value: Core.Value) -> JSON {
    let shown = JSON(shown: value)
    let text = shown.text()
    return text.utf8.count <= most ? shown : .string(text.clippedTo(most))
  }

  fileprivate static func clipped(_ text: String) -> JSON { .string(text.clippedTo(most)) }
}

extension String {
  fileprivate func clippedTo(_ bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var (kept, end) = (0, startIndex)
    while end < endIndex, kept + self[end].utf8.count <= bytes {
      kept += self[end].utf8.count
      formIndex(after: &end)
    }
    return self[..<end] + "…"
  }
}
