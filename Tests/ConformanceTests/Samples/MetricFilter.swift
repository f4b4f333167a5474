// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension MetricFilter: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let (audit, other) = (stage.logs("audit"), stage.logs("other"))
    let node = Node<Self>(
      "refusals",
      .init(
        group: audit.output(\.name), name: "sample-refusals", pattern: "{ $.outcome = \"refused\" }",
        namespace: "harecon/sample", metric: "Refusals"))
    return Sample(
      node, needs: [audit.resource(), other.resource()],
      others: [
        .other(\.group, other.output(\.name)),
        .other(\.name, "sample-no"),
        .other(\.pattern, "{ $.outcome = \"denied\" }"),
        .other(\.namespace, "harecon/other"),
        .other(\.metric, "Denials"),
        .other(\.value, "$.count"),
        .other(\.defaultValue, 0),
        .other(\.dimensions, ["Function": "$.function"]),
        .other(\.unit, "Count"),
      ],
      drifts: [
        Drift("another pattern", changes: "pattern") { stage, live in
          try await stage.edit(
            "logs", "PutMetricFilter",
            [
              "logGroupName": "/harecon/sample/audit", "filterName": "sample-refusals", "filterPattern": "ERROR",
              "metricTransformations": [
                ["metricName": "Refusals", "metricNamespace": "harecon/sample", "metricValue": "1", "unit": "None"]
              ],
            ])
        }
      ])
  }
}

extension Stage {
  /// A log group of the stack.
  func logs(_ logical: String) -> Node<LogGroup> {
    Node(
      logical,
      .init(name: "/harecon/sample/\(logical)", retention: 400, key: nil, tags: tags(LogGroup.name, logical)))
  }
}
