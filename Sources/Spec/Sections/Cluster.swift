// SPDX-License-Identifier: Apache-2.0

/// The Aurora PostgreSQL cluster and its members.
package struct Cluster: Sendable {
  @Located package var version: Version
  @Located package var database: String
  @Located package var masterUser: String
  @Located package var port: Int
  @Located package var capacity: Capacity
  @Located package var members: [Member]
  @Located package var parameters: LocatedMap
  @Located package var dataAPI: Bool
  @Located package var protection: Bool
  @Located package var iamAuthentication: Bool
  @Located package var storage: Storage
  @Located package var backupRetention: Duration
  @Located package var backupWindow: DailyWindow
  @Located package var maintenanceWindow: WeeklyWindow
  @Located package var minorUpgrades: MinorUpgrades
  @Located package var extendedSupport: Bool
  @Located package var certificateAuthority: CertificateAuthority
  @Located package var logExports: [Located<LogExport>]
  @Located package var logRetention: Duration
  @Located package var insights: Insights
  @Located package var monitoringInterval: Duration

  package init() {}
}

/// Which engine version the cluster runs: exactly one of the two is given.
package struct Version: Sendable {
  @Located package var exact: EngineVersion?
  @Located package var atLeast: EngineVersion?

  package init() {}

  /// The version to create a cluster with, and the oldest that a live one may run.
  ///
  /// - Precondition: one of the two is given, as it is in every `Stack` that was handed out.
  package var wanted: EngineVersion {
    guard let version = exact ?? atLeast else { preconditionFailure("a version is neither exact nor atLeast") }
    return version
  }
}

/// Aurora capacity units, in half steps.
package struct Capacity: Sendable {
  @Located package var min: Double
  @Located package var max: Double

  package init() {}
}

/// One instance of the cluster.
package struct Member: Sendable {
  @Located package var name: String
  @Located package var zone: String
  @Located package var tier: Int

  package init() {}
}

package enum Storage: String, Choice {
  case standard
  case ioOptimized = "io-optimized"

  /// As AWS writes it.
  package var storageType: String {
    switch self {
    case .standard: "aurora"
    case .ioOptimized: "aurora-iopt1"
    }
  }

  package var meaning: String {
    switch self {
    case .standard: "pays per request"
    case .ioOptimized: "pays more for storage and nothing per request"
    }
  }
}

package enum MinorUpgrades: String, Choice {
  case manual
  case automatic

  package var meaning: String {
    switch self {
    case .manual: "only by changing `cluster.version`; a long-term-support version stays one"
    case .automatic: "AWS upgrades in the maintenance window; a live version ahead of the spec is no difference"
    }
  }
}

package enum CertificateAuthority: String, Choice {
  case rsa2048 = "rds-ca-rsa2048-g1"
  case rsa4096 = "rds-ca-rsa4096-g1"
  case ecc384 = "rds-ca-ecc384-g1"

  package var meaning: String {
    switch self {
    case .rsa2048: "RSA 2048, what every client takes"
    case .rsa4096: "RSA 4096"
    case .ecc384: "ECC 384"
    }
  }
}

package enum LogExport: String, Choice {
  case postgresql
  case instance
  case iamAuthenticationErrors = "iam-db-auth-error"

  package var meaning: String {
    switch self {
    case .postgresql: "the database's own log, pgaudit included"
    case .instance: "the instance's log"
    case .iamAuthenticationErrors: "failed logins with IAM"
    }
  }
}

package enum Insights: String, Choice {
  case standard
  case advanced

  package var meaning: String {
    switch self {
    case .standard: "seven days of Performance Insights, free of charge"
    case .advanced: "fifteen months, with per-query detail, charged per capacity unit"
    }
  }

  /// How long AWS keeps the data: `advanced` is refused with anything below 465 days.
  package var retentionDays: Int {
    switch self {
    case .standard: 7
    case .advanced: 465
    }
  }
}
