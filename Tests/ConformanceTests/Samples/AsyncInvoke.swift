// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension AsyncInvoke: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let queue = "arn:aws:sqs:\(Stage.region):\(stage.account):\(stage.stack)-dead"
    let topic = "arn:aws:sns:\(Stage.region):\(stage.account):\(stage.stack)-warning"
    return Sample(
      Node<Self>(
        "drainer",
        .init(
          function: stage.lambda("drainer").output(\.name), maximumAge: 120, retries: 1, onFailure: .given(queue))),
      needs: stage.functions("drainer", "second"),
      others: [
        .other(\.function, stage.lambda("second").output(\.name)),
        .other(\.maximumAge, 60),
        .other(\.retries, 0),
        .other(\.onFailure, nil),
        .other(\.onSuccess, .given(topic)),
      ],
      drifts: [
        Drift("AWS's own six hours", changes: "maximumAge") { stage, live in
          try await stage.edit(
            "lambda", "UpdateFunctionEventInvokeConfig",
            ["FunctionName": .string(live.id), "MaximumEventAgeInSeconds": 21_600])
        }
      ])
  }
}
