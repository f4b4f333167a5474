// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension RecordSet: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let (check, second) = (stage.healthCheck(), stage.healthCheck("second"))
    let pair = stage.pair(check)
    return Sample(
      pair[0],
      needs: [stage.vpc.resource(), stage.zone.resource(), check.resource(), second.resource()],
      beside: [simple(in: stage)],
      others: [
        .other(\.record, "primary.sample.internal"),
        .other(\.type, "TXT"),
        .other(\.ttl, 60),
        .other(\.values, ["other.cluster-abc.us-east-1.rds.amazonaws.com"]),
        .other(\.identifier, "Der Erste"),
        .other(\.failover, "SECONDARY"),
        .other(\.healthCheck, second.output(\.id)),
      ],
      untried: [
        "zone": "a record's name ends in its zone's, so that both change together"
      ],
      drifts: [
        Drift("somebody points the name elsewhere", changes: "values") { stage, record in
          try await stage.changeRecord(
            "UPSERT", "db.sample.internal", pointingTo: "elsewhere.example.com",
            ["SetIdentifier": "primary", "Failover": "PRIMARY", "HealthCheckId": try await stage.checkID()])
        },
        Drift("somebody takes its health check away", changes: "healthCheck") { stage, record in
          try await stage.changeRecord(
            "UPSERT", "db.sample.internal", pointingTo: "sample.cluster-abc.us-east-1.rds.amazonaws.com",
            ["SetIdentifier": "primary", "Failover": "PRIMARY"])
        },
      ])
  }

  /// The only record of its name and type.
  private static func simple(in stage: Stage) -> DesiredResource {
    Node<Self>(
      "writer",
      .init(
        zone: stage.zone.output(\.id), record: "writer.sample.internal", type: "CNAME", ttl: 5,
        values: ["sample.cluster-abc.us-east-1.rds.amazonaws.com"],
        owner: RecordOwner(stack: stage.stack, address: Address(name, "writer")))
    ).resource()
  }
}

extension Stage {
  fileprivate func checkID() async throws -> JSON { .string(try await live(HealthCheck.name, "writer").id) }
}
