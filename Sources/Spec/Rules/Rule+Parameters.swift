// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// Cluster parameters that a highly available stack must not turn against itself.
  static let parameters: [Rule] = [
    Rule(
      "HA050", "synchronous-commit",
      what: "`synchronous_commit` stays on.",
      why: """
        With any other value a commit is acknowledged before four of six copies have it, and an acknowledged transaction \
        can be lost.
        """,
      wayOut: "remove the parameter; a session that can afford the loss may set it for itself",
      reads: ["cluster.parameters"]
    ) { stack in
      wrong(stack, "synchronous_commit", allowed: ["on"], also: ["true", "yes", "1"])
    },
    Rule(
      "HA051", "force-tls",
      what: "`rds.force_ssl` stays 1.",
      why: "Aurora PostgreSQL 15 has 0 by default and then takes connections, passwords and data in the clear.",
      wayOut: "remove the parameter: harecon sets it to 1",
      reads: ["cluster.parameters"]
    ) { stack in
      wrong(stack, "rds.force_ssl", allowed: ["1"])
    },
    Rule(
      "HA052", "password-encryption",
      what: "Passwords are stored and sent by SCRAM.",
      why: "The Data API logs in with SCRAM alone on PostgreSQL 14 and later, and MD5 hashes can be replayed.",
      wayOut: "remove the parameter: harecon sets it",
      reads: ["cluster.parameters"]
    ) { stack in
      wrong(stack, "password_encryption", allowed: ["scram-sha-256"])
        + wrong(stack, "rds.accepted_password_auth_method", allowed: ["scram"])
    },
    Rule(
      "HA053", "tls-version",
      what: "TLS is 1.2 or later.",
      why: "TLS 1.0 and 1.1 are broken, and PostgreSQL's own default is 1.2.",
      wayOut: "remove the parameter, or set it to TLSv1.2 or TLSv1.3",
      reads: ["cluster.parameters"]
    ) { stack in
      wrong(stack, "ssl_min_protocol_version", allowed: ["TLSv1.2", "TLSv1.3"])
    },
    Rule(
      "HA054", "cache-management", .warning,
      what: "`apg_ccm_enabled` is not relied on.",
      why: """
        Cluster cache management does not apply to Serverless v2 instances: a promoted reader's cache is as warm as its \
        own load made it.
        """,
      wayOut: "remove the parameter; keep targets in tier 0 or 1, and use pg_prewarm where a cold cache hurts",
      reads: ["cluster.parameters"]
    ) { stack in
      entries(stack, "apg_ccm_enabled").filter { !["0", "off", "false", "no"].contains($0.value.value.lowercased()) }
        .map { Finding("\"apg_ccm_enabled\" has no effect on Serverless v2", at: $0.key.span) }
    },
    Rule(
      "HA055", "logical-replication", .warning,
      what: "Logical replication is off unless something needs it.",
      why: "It writes more log and makes recovery at a failover slower.",
      wayOut: "remove the parameter unless a subscriber needs it",
      reads: ["cluster.parameters"]
    ) { stack in
      entries(stack, "rds.logical_replication").filter { !["0", "off", "false", "no"].contains($0.value.value) }
        .map { Finding("\"rds.logical_replication\" slows failovers down", at: $0.key.span) }
    },
    Rule(
      "HA056", "audit-trail", .warning,
      what: "`shared_preload_libraries` keeps pgaudit.",
      why: "Without the library the log says who logged in and not what they changed: the audit trail ends.",
      wayOut: "name pgaudit in the list, beside your own libraries",
      reads: ["cluster.parameters"]
    ) { stack in
      entries(stack, "shared_preload_libraries").filter { entry in
        !entry.value.value.split(separator: ",").contains { $0.filter { $0 != " " } == "pgaudit" }
      }
      .map { Finding("\"\($0.value.value.clipped)\" leaves pgaudit out", at: $0.value.span) }
    },
  ]

  /// The entry for the parameter, if there is one.
  private static func entries(_ stack: Stack, _ name: String) -> [LocatedMap.Entry] {
    stack.cluster.parameters.entries.filter { $0.key.value == name }
  }

  private static func wrong(
    _ stack: Stack, _ name: String, allowed: [String], also: [String] = []
  ) -> [Finding] {
    let accepted = Set((allowed + also).map { $0.lowercased() })
    return entries(stack, name).filter { !accepted.contains($0.value.value.lowercased()) }.map { entry in
      Finding(
        "\"\(name)\" is \"\(entry.value.value.clipped)\", and must be "
          + allowed.map { "\"\($0)\"" }.joined(separator: " or "), at: entry.value.span)
    }
  }
}
