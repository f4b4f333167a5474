// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension LambdaFunction: Sampled {
  static func sample(in stage: Stage) -> Sample {
    var desired = stage.lambda("probe").desired
    desired.subnets = stage.subnets.prefix(2).map { $0.output(\.id) }
    desired.securityGroups = [stage.group("functions").output(\.id)]
    desired.environment = ["CLUSTER": .given("arn:aws:rds:us-east-1:\(stage.account):cluster:sample"), "LEVEL": "info"]
    desired.hasSecretPath = true
    desired.environmentKey = stage.key.output(\.arn)
    desired.reservedConcurrency = 5
    desired.deadLetter = .given("arn:aws:sqs:us-east-1:\(stage.account):sample-dead")
    return Sample(
      Node<Self>("probe", desired),
      needs: [
        stage.functionRole().resource(), stage.functionRole("second").resource(), stage.key.resource(),
        stage.functionLog("probe").resource(), stage.functionLog("second").resource(), stage.vpc.resource(),
        stage.group("functions").resource(), stage.group("second").resource(),
      ] + stage.subnets.map { $0.resource() },
      others: [
        .other(\.description, "another description"),
        .other(\.code, .otherArchive),
        .other(\.handler, "probe.other.handle"),
        .other(\.runtime, "python3.13"),
        .other(\.architecture, "x86_64"),
        .other(\.role, stage.functionRole("second").output(\.arn)),
        .other(\.memory, 256),
        .other(\.timeout, 60),
        .other(\.ephemeralStorage, 1024),
        .other(
          \.environment,
          ["CLUSTER": .given("arn:aws:rds:us-east-1:\(stage.account):cluster:sample"), "MODE": "observe"]),
        .other(\.hasSecretPath, false),
        .other(\.environmentKey, nil),
        .other(\.subnets, [stage.subnet(1).output(\.id), stage.subnet(2).output(\.id)]),
        .other(\.securityGroups, [stage.group("second").output(\.id)]),
        .other(\.reservedConcurrency, nil),
        .other(\.logGroup, stage.functionLog("second").output(\.name)),
        .other(\.logFormat, .json(application: "DEBUG", system: "WARN")),
        .other(\.tracing, "Active"),
        .other(\.deadLetter, nil),
        .other(\.tags, stage.tags(name, "probe", team: "platform")),
      ],
      drifts: [
        Drift("code that somebody else has uploaded", changes: "code") { stage, live in
          try await stage.edit(
            "lambda", "UpdateFunctionCode",
            [
              "FunctionName": .string(live.id), "Architectures": ["arm64"],
              "ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAABAHg=",
            ])
        },
        Drift("a variable that somebody else has added", changes: "environment") { stage, live in
          try await stage.edit(
            "lambda", "UpdateFunctionConfiguration",
            [
              "FunctionName": .string(live.id),
              "Environment": [
                "Variables": [
                  "CLUSTER": .string("arn:aws:rds:us-east-1:\(stage.account):cluster:sample"), "LEVEL": "info",
                  "PRIVATE_PATH": "/0123456789abcdef0123456789abcdef", "FREEZE": "1",
                ]
              ],
            ])
        },
        Drift("lines without fields", changes: "logFormat") { stage, live in
          try await stage.edit(
            "lambda", "UpdateFunctionConfiguration",
            ["FunctionName": .string(live.id), "LoggingConfig": ["LogFormat": "Text"]])
        },
        Drift("its concurrency taken away", changes: "reservedConcurrency") { stage, live in
          try await stage.edit("lambda", "DeleteFunctionConcurrency", ["FunctionName": .string(live.id)])
        },
        Drift("its secret path taken away", changes: "hasSecretPath") { stage, live in
          try await stage.edit(
            "lambda", "UpdateFunctionConfiguration",
            [
              "FunctionName": .string(live.id),
              "Environment": [
                "Variables": [
                  "CLUSTER": .string("arn:aws:rds:us-east-1:\(stage.account):cluster:sample"), "LEVEL": "info",
                ]
              ],
            ])
        },
      ])
  }
}
