// SPDX-License-Identifier: Apache-2.0

package import Core

/// Boxes and arrows: what comes first points to what comes after it.
package struct Diagram: Sendable, Hashable {
  struct Box: Hashable {
    let text: String
    let look: Look
  }

  enum Look: String, Hashable, CaseIterable {
    case plain
    case create
    case update
    case delete

    var color: String {
      switch self {
      case .plain: "#666666"
      case .create: "#1a7f37"
      case .update: "#9a6700"
      case .delete: "#cf222e"
      }
    }
  }

  private let title: String
  private let boxes: [Box]
  /// Indices into `boxes`.
  private let arrows: [Arrow]

  private struct Arrow: Hashable {
    let from: Int
    let to: Int
  }

  /// The resources of a stack and what they need.
  package init(_ graph: Graph) {
    let resources = graph.sorted
    self.init(
      title: graph.stack, boxes: resources.map { Box(text: $0.address.description, look: .plain) },
      names: resources.map(\.address), needs: resources.map(\.needs))
  }

  /// The steps of a plan in their order.
  package init(_ plan: Plan) {
    self.init(
      title: plan.stack,
      boxes: plan.steps.map { step in
        switch step.id.verb {
        case .create: Box(text: step.id.description, look: .create)
        case .update: Box(text: step.id.description, look: .update)
        case .delete: Box(text: step.id.description, look: .delete)
        }
      },
      names: plan.steps.map(\.id), needs: plan.steps.map(\.needs))
  }

  private init<Name: Hashable & Comparable>(title: String, boxes: [Box], names: [Name], needs: [Set<Name>]) {
    self.title = title
    self.boxes = boxes
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
    arrows = zip(names.indices, needs).flatMap { place, needs in
      needs.sorted().compactMap { places[$0] }.map { Arrow(from: $0, to: place) }
    }
  }

  /// Graphviz's language.
  package var dot: String {
    let quoted = { (text: String) in
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    var lines = ["digraph \(quoted(title)) {", "  rankdir=LR", "  node [shape=box, fontname=\"monospace\"]"]
    lines += boxes.map { "  \(quoted($0.text)) [color=\"\($0.look.color)\"]" }
    lines += arrows.map { "  \(quoted(boxes[$0.from].text)) -> \(quoted(boxes[$0.to].text))" }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  /// Mermaid's language, as Markdown pages of code hosts draw it.
  package var mermaid: String {
    let quoted = { (text: String) in "\"" + text.replacing("\"", with: "#quot;") + "\"" }
    var lines = ["flowchart LR"]
    lines += boxes.enumerated().map { "  n\($0.offset)[\(quoted($0.element.text))]" }
    lines += arrows.map { "  n\($0.from) --> n\($0.to)" }
    for look in Look.allCases where look != .plain {
      let members = boxes.indices.filter { boxes[$0].look == look }.map { "n\($0)" }
      guard !members.isEmpty else { continue }
      lines += [
        "  classDef \(look.rawValue) stroke:\(look.color)",
        "  class \(members.joined(separator: ",")) \(look.rawValue)",
      ]
    }
    return (lines + [""]).joined(separator: "\n")
  }
}
