// SPDX-License-Identifier: Apache-2.0

/// One stack as its spec wants it, defaults filled in and every rule checked.
///
/// `fields` is the documentation of what each property means.
package struct Stack: Sendable {
  @Located package var apiVersion: APIVersion
  @Located package var kind: StackKind
  @Located package var name: String
  @Located package var account: String
  @Located package var region: String
  @Located package var tags: LocatedMap
  @Located package var objectives: Objectives
  @Located package var network: Network
  @Located package var cluster: Cluster
  @Located package var encryption: Encryption
  @Located package var dns: DNS
  @Located package var health: HealthChecks
  @Located package var failover: Failover
  @Located package var secrets: Secrets
  @Located package var backups: Backups
  @Located package var alerts: Alerts
  @Located package var audit: Audit
  @Located package var drills: [Drill]
  @Located package var functions: FunctionSettings
  @Located package var permissionsBoundary: String?

  package init() {}
}

package enum APIVersion: String, Choice {
  case v1 = "harecon/v1"

  package var meaning: String {
    switch self {
    case .v1: "the first and only version"
    }
  }
}

package enum StackKind: String, Choice {
  case postgresStack = "PostgresStack"

  package var meaning: String {
    switch self {
    case .postgresStack: "a highly available Aurora PostgreSQL stack"
    }
  }
}
