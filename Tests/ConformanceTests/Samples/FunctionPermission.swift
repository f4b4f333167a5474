// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension FunctionPermission: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let function = stage.lambda("coordinator").output(\.name)
    let source = { (rule: String) in
      Input.given("arn:aws:events:\(Stage.region):\(stage.account):rule/\(stage.stack)-\(rule)")
    }
    let node = Node<Self>(
      "events",
      .init(
        function: function, statement: "events", principal: "events.amazonaws.com", sourceARN: source("failover"),
        sourceAccount: stage.account))
    // The other statements of the same function stay as they are.
    let beside = Node<Self>(
      "url",
      .init(
        function: function, statement: "url", action: "lambda:InvokeFunctionUrl", principal: "*", urlAuthType: "NONE"))
    return Sample(
      node, needs: stage.functions("coordinator", "second"), beside: [beside.resource()],
      others: [
        .other(\.function, stage.lambda("second").output(\.name)),
        .other(\.statement, "rules"),
        .other(\.action, "lambda:*"),
        .other(\.principal, "scheduler.amazonaws.com"),
        .other(\.sourceARN, source("drill")),
        .other(\.sourceAccount, nil),
        .other(\.organization, "o-a1b2c3d4e5"),
        .other(\.onlyThroughURL, true),
      ],
      untried: ["urlAuthType": "AWS takes it for another action only: lambda/permission.url has it"],
      drifts: [
        Drift("the statement opened to every rule", changes: "sourceARN") { stage, _ in
          let function: JSON = .string("\(stage.stack)-coordinator")
          try await stage.edit("lambda", "RemovePermission", ["FunctionName": function, "StatementId": "events"])
          try await stage.edit(
            "lambda", "AddPermission",
            [
              "FunctionName": function, "StatementId": "events", "Action": "lambda:InvokeFunction",
              "Principal": "events.amazonaws.com", "SourceAccount": .string(stage.account),
            ])
        }
      ])
  }
}
