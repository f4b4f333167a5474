// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources

/// A rectangle of a dashboard, before it has its place. CloudWatch's grid is 24 wide.
struct Widget {
  let content: Content
  let width: Int
  let height: Int

  init(_ content: Content, width: Int, height: Int) {
    self.content = content
    self.width = width
    self.height = height
  }

  enum Content {
    /// Its axis begins at nothing.
    case graph(String, region: String, [Line], unit: String?, limits: [Limit])
    /// The states of the alarms with these ARNs.
    case alarms(String, [String])
    /// What a query of CloudWatch Logs Insights finds.
    case log(String, region: String, query: String)
  }
}

/// One line of a graph.
struct Line {
  let metric: WatchedMetric
  let label: String
  /// On the axis of its own at the right, for what is of another size than the rest.
  let onRight: Bool

  init(_ metric: WatchedMetric, _ label: String, onRight: Bool = false) {
    self.metric = metric
    self.label = label
    self.onRight = onRight
  }
}

/// A line across a graph that values should not pass.
struct Limit {
  let label: String
  let value: Double

  init(_ label: String, _ value: Double) {
    self.label = label
    self.value = value
  }
}

/// Places widgets side by side in rows, and rows below each other.
enum WidgetGrid {
  static func placed(_ rows: [[Widget]]) -> [JSONDocument] {
    var placed: [JSONDocument] = []
    var y = 0
    for row in rows {
      var x = 0
      for widget in row {
        placed.append(widget.document(x: x, y: y))
        x += widget.width
      }
      precondition(x <= 24, "a row of widgets is \(x) wide")
      y += row.map(\.height).max() ?? 0
    }
    return placed
  }
}

// MARK: As CloudWatch has it

extension Widget {
  fileprivate func document(x: Int, y: Int) -> JSONDocument {
    [
      "type": .text(content.type), "x": .number(Double(x)), "y": .number(Double(y)), "width": .number(Double(width)),
      "height": .number(Double(height)), "properties": content.properties,
    ]
  }
}

extension Widget.Content {
  fileprivate var type: String {
    switch self {
    case .graph: "metric"
    case .alarms: "alarm"
    case .log: "log"
    }
  }

  fileprivate var properties: JSONDocument {
    switch self {
    case .graph(let title, let region, let lines, let unit, let limits):
      var axis: [String: JSONDocument] = ["min": 0, "showUnits": false]
      if let unit { axis["label"] = .text(unit) }
      var properties: [String: JSONDocument] = [
        "title": .text(title), "region": .text(region), "view": "timeSeries", "stacked": false,
        "metrics": .list(lines.map(\.document)), "yAxis": ["left": .map(axis)],
      ]
      if !limits.isEmpty { properties["annotations"] = ["horizontal": .list(limits.map(\.document))] }
      return .map(properties)
    case .alarms(let title, let alarms):
      return ["title": .text(title), "alarms": .list(alarms.map(JSONDocument.text)), "sortBy": "stateUpdatedTimestamp"]
    case .log(let title, let region, let query):
      return ["title": .text(title), "region": .text(region), "query": .text(query), "view": "table"]
    }
  }
}

extension Line {
  /// Namespace, name, then the dimensions in pairs, then how to show it.
  fileprivate var document: JSONDocument {
    let dimensions = metric.dimensions.sorted { $0.key < $1.key }.flatMap { name, value -> [JSONDocument] in
      [.text(name), .reference(value)]
    }
    var shown: [String: JSONDocument] = [
      "label": .text(label), "stat": .text(metric.statistic.rawValue), "period": .number(Double(metric.period)),
    ]
    if onRight { shown["yAxis"] = "right" }
    return .list([.text(metric.namespace), .text(metric.metric)] + dimensions + [.map(shown)])
  }
}

extension Limit {
  fileprivate var document: JSONDocument { ["label": .text(label), "value": .number(value)] }
}
