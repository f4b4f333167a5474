// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension RecordSet: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let address = Address(name, "writer")
    let node = Node<Self>(
      "writer",
      .init(
        zone: stage.zone.output(\.id), record: "writer.sample.internal", type: "CNAME", ttl: 5,
        values: ["sample.cluster-abc.us-east-1.rds.amazonaws.com"],
        owner: RecordOwner(stack: stage.stack, address: address)))
    return Sample(
      node, needs: [stage.vpc.resource(), stage.zone.resource()],
      others: [
        .other(\.record, "primary.sample.internal"),
        .other(\.type, "TXT"),
        .other(\.ttl, 60),
        .other(\.values, ["other.cluster-abc.us-east-1.rds.amazonaws.com"]),
      ],
      untried: [
        "zone": "a record's name ends in its zone's, so that both change together"
      ],
      drifts: [
        Drift("somebody points the name elsewhere", changes: "values") { stage, record in
          try await stage.changeRecord("UPSERT", "writer.sample.internal", pointingTo: "elsewhere.example.com")
        }
      ])
  }
}
