// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension EventSourceMapping: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let (queue, other) = (stage.queue("replay.fifo"), stage.queue("other.fifo"))
    let node = Node<Self>(
      "replay",
      .init(
        function: stage.lambda("replay").output(\.name), source: queue.output(\.arn), maximumConcurrency: 2,
        tags: stage.tags(name, "replay")))
    return Sample(
      node, needs: stage.functions("replay", "second") + [stage.key.resource(), queue.resource(), other.resource()],
      others: [
        .other(\.function, stage.lambda("second").output(\.name)),
        .other(\.source, other.output(\.arn)),
        .other(\.batchSize, 1),
        .other(\.responseTypes, []),
        .other(\.maximumConcurrency, nil),
        .other(\.enabled, false),
        .other(\.filters, [#"{"body":{"kind":["payment"]}}"#]),
        .other(\.tags, stage.tags(name, "replay", team: "platform")),
      ],
      drifts: [
        Drift("a filter, by which messages are lost", changes: "filters") { stage, live in
          try await stage.edit(
            "lambda", "UpdateEventSourceMapping",
            ["UUID": .string(live.id), "FilterCriteria": ["Filters": [["Pattern": #"{"body":{"kind":["a"]}}"#]]]])
        }
      ])
  }
}
