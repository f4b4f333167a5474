// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  static let version: [Rule] = [
    Rule(
      "HA040", "version-choice",
      what: "The version is either exact or a least one.",
      why: "Both at once could contradict each other at the next upgrade, and neither says nothing.",
      wayOut: "write {exact: \"15.10\"} or {atLeast: \"15.10\"}",
      reads: ["cluster.version"]
    ) { stack in
      let version = stack.cluster.version
      switch (version.exact, version.atLeast) {
      case (nil, nil):
        return [Finding("the version says neither `exact` nor `atLeast`", at: stack.cluster.$version.span)]
      case (.some, .some): return [Finding("the version says both `exact` and `atLeast`", at: version.$atLeast.span)]
      case (.some, nil), (nil, .some): return []
      }
    },
    Rule(
      "HA041", "version-major",
      what: "The engine is Aurora PostgreSQL 15.",
      why: "The parameters and the failover behaviour that harecon stands for are those of this major version.",
      wayOut: "choose a version of major 15, for example the long-term-support version \"15.10\"",
      reads: ["cluster.version"]
    ) { stack in
      given(stack).filter { $0.value.major != 15 }.map { version in
        Finding("\(version.value) is not a version of major 15", at: version.span)
      }
    },
    Rule(
      "HA042", "data-api-version",
      what: "The version is 15.3 or later.",
      why: "Aurora PostgreSQL has the Data API on Serverless v2 instances from 15.3 on.",
      wayOut: "choose \"15.10\"",
      reads: ["cluster.version"]
    ) { stack in
      given(stack).filter { $0.value.major == 15 && $0.value.minor < 3 }.map { version in
        Finding("\(version.value) has no Data API", at: version.span)
      }
    },
    Rule(
      "HA043", "upgrades-exact", .warning,
      what: "An exact version is upgraded by hand.",
      why: """
        With automatic upgrades AWS moves the cluster off the exact version in some maintenance window, and off long-term \
        support, which has automatic upgrades switched off.
        """,
      wayOut: "set `cluster.minorUpgrades` to manual, or the version to {atLeast: …}",
      reads: ["cluster.version", "cluster.minorUpgrades"]
    ) { stack in
      guard stack.cluster.minorUpgrades == .automatic, let exact = stack.cluster.version.exact else { return [] }
      return [Finding("AWS will upgrade the cluster past \(exact)", at: stack.cluster.$minorUpgrades.span)]
    },
    Rule(
      "HA044", "serverless-version",
      what: "The version runs Serverless v2 with up to 256 capacity units.",
      why: "Versions before 15.5 stop at 128 capacity units.",
      wayOut: "choose \"15.10\", or a `cluster.capacity.max` of 128 or less",
      reads: ["cluster.version", "cluster.capacity.max"]
    ) { stack in
      given(stack).filter { version in
        (129...256).contains(stack.cluster.capacity.max) && version.value.major == 15 && version.value.minor < 5
      }
      .map { version in
        Finding("\(version.value) has at most 128 capacity units", at: version.span)
      }
    },
    Rule(
      "HA045", "data-api-needed",
      what: "The Data API is on.",
      why: """
        The health function, the coordinator, the replay worker and the verifier of backups run outside of the network, so \
        that they outlive its faults, and reach the database by the Data API alone.
        """,
      wayOut: "remove the line, or set `cluster.dataAPI` to true",
      reads: ["cluster.dataAPI"]
    ) { stack in
      stack.cluster.dataAPI ? [] : [Finding("the Data API is off", at: stack.cluster.$dataAPI.span)]
    },
  ]

  private static func given(_ stack: Stack) -> [Located<EngineVersion>] {
    let version = stack.cluster.version
    return [version.$exact, version.$atLeast].compactMap { field in
      field.value.map { Located($0, span: field.span) }
    }
  }
}
