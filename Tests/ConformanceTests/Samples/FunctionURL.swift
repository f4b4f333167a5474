// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension FunctionURL: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let function = stage.lambda("health").output(\.name)
    // As every URL for everybody has one; by it the URL is found when the spec no longer names its function.
    let permission = Node<FunctionPermission>(
      "url",
      .init(
        function: function, statement: "url", action: "lambda:InvokeFunctionUrl", principal: "*", urlAuthType: "NONE"))
    return Sample(
      Node<Self>("health", .init(function: function)), needs: stage.functions("health", "second"),
      beside: [permission.resource()],
      others: [
        .other(\.function, stage.lambda("second").output(\.name)),
        .other(\.authType, "AWS_IAM"),
        .other(\.invokeMode, "RESPONSE_STREAM"),
        .other(\.allowedOrigins, ["https://status.example.com"]),
      ],
      drifts: [
        Drift("every web page let in", changes: "allowedOrigins") { stage, live in
          try await stage.edit(
            "lambda", "UpdateFunctionUrlConfig",
            ["FunctionName": .string(live.id), "Cors": ["AllowOrigins": ["*"], "AllowCredentials": false]])
        }
      ])
  }
}
