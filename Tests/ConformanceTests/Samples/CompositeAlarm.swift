// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension CompositeAlarm: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let topic: (String) -> Input<String> = { .given("arn:aws:sns:\(Stage.region):\(stage.account):sample-\($0)") }
    let (lag, probe, drill) = (stage.alarm("lag"), stage.alarm("probe"), stage.alarm("drill"))
    let suppressor = ActionsSuppressor(drill.output(\.name), wait: 60, extensionPeriod: 120)
    let node = Node<Self>(
      "page",
      .init(
        name: "sample-page", description: "the writer does not answer",
        when: .any([.alarm(lag.output(\.name)), .alarm(probe.output(\.name))]), suppressor: suppressor,
        actions: AlarmActions(alarm: [topic("critical")], ok: [topic("critical")]), tags: stage.tags(name, "page")))
    return Sample(
      node, needs: [lag.resource(), probe.resource(), drill.resource()],
      others: [
        .other(\.description, "nobody answers"),
        .other(
          \.rule,
          .all([
            .atLeast(2, .alarm, [lag.output(\.name), probe.output(\.name)]), .not(.is(.ok, drill.output(\.name))),
          ])),
        .other(\.suppressor, nil),
        .other(\.actions.alarm, [topic("warning"), topic("critical")]),
        .other(\.actions.ok, []),
        .other(\.actions.insufficientData, [topic("warning")]),
        .other(\.actions.areEnabled, false),
        .other(\.tags, stage.tags(name, "page", team: "platform")),
      ],
      drifts: [
        Drift("another rule", changes: "rule") { stage, live in
          try await stage.putPage("ALARM(sample-lag)", suppressor: "sample-drill")
        },
        Drift("the suppressor taken away", changes: "suppressor") { stage, live in
          try await stage.putPage("(ALARM(\"sample-probe\")) OR ALARM(sample-lag)")
        },
      ])
  }
}

extension Stage {
  /// Puts the composite alarm anew by hand.
  fileprivate func putPage(_ rule: String, suppressor: String? = nil) async throws {
    let topic = JSON.string("arn:aws:sns:\(Stage.region):\(account):sample-critical")
    var request: JSONObject = [
      "AlarmName": "sample-page", "AlarmDescription": "the writer does not answer", "AlarmRule": .string(rule),
      "AlarmActions": [topic], "OKActions": [topic],
    ]
    if let suppressor {
      request["ActionsSuppressor"] = .string(suppressor)
      request["ActionsSuppressorWaitPeriod"] = 60
      request["ActionsSuppressorExtensionPeriod"] = 120
    }
    try await edit("cloudwatch", "PutCompositeAlarm", .object(request))
  }

  /// A simple alarm of the stack.
  func alarm(_ logical: String) -> Node<MetricAlarm> {
    Node(
      logical,
      .init(
        name: "sample-\(logical)", description: "", on: WatchedMetric("harecon", logical, [:], .maximum), .above, 0,
        evaluationPeriods: 1, tags: tags(MetricAlarm.name, logical)))
  }
}
