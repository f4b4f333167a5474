// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension Stage {
  /// Of an endpoint that need not be there.
  func healthCheck(_ name: String = "writer") -> Node<HealthCheck> {
    Node(
      name,
      .endpoint(
        host: "abc.lambda-url.us-east-1.on.aws", path: "/unguessable-words", searchString: "HARECON-OK",
        tags: tags(HealthCheck.name, name)))
  }
}

extension HealthCheck: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let ofOtherTypes = "only checks of another type have any; HealthCheckTests tries them"
    return Sample(
      stage.healthCheck(),
      others: [
        .other(\.host, "def.lambda-url.us-east-1.on.aws"),
        .other(\.port, 8443),
        .other(\.path, "/other-unguessable-words"),
        .other(\.searchString, "HARECON-FINE"),
        .other(\.interval, 30),
        .other(\.threshold, 3),
        .other(\.measuresLatency, true),
        .other(\.usesSNI, false),
        .other(\.regions, ["us-east-1", "us-west-2", "eu-west-1"]),
        .other(\.isInverted, true),
        .other(\.isDisabled, true),
        .other(\.tags, stage.tags(name, "writer", team: "platform")),
      ],
      untried: [
        "type": "what else may be said depends on it; HealthCheckTests tries it", "children": ofOtherTypes,
        "healthyChildren": ofOtherTypes, "alarm": ofOtherTypes, "alarmSettings": ofOtherTypes,
        "withoutData": ofOtherTypes,
      ],
      drifts: [
        Drift("somebody has switched it off", changes: "isDisabled") { stage, live in
          try await stage.edit("route53", "UpdateHealthCheck", ["HealthCheckId": .string(live.id), "Disabled": true])
        },
        Drift("it asks for another path", changes: "path") { stage, live in
          try await stage.edit(
            "route53", "UpdateHealthCheck", ["HealthCheckId": .string(live.id), "ResetElements": ["ResourcePath"]])
        },
      ],
      secrets: ["unguessable-words"])
  }
}
