// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRDS
internal import AWSClient
internal import Core
internal import ResourceKit
internal import Resources

// aws: rds DescribeAccountAttributes

/// Has the account room for the cluster, its members and their groups?
struct DatabaseQuotas: AccountQuestion {
  /// How much of a quota is in use.
  struct Usage: Sendable, Hashable {
    var used: Int
    var most: Int
  }

  /// What RDS calls them in its account attributes, and who counts there.
  private static let quotas: [(attribute: String, kind: KindName, quota: Quota)] = [
    ("DBClusters", DBCluster.name, Quota(service: "rds", code: "L-952B80B8", name: "DB clusters")),
    ("DBInstances", DBInstance.name, Quota(service: "rds", code: "L-7B6409FD", name: "DB instances")),
    (
      "DBClusterParameterGroups", DBClusterParameterGroup.name,
      Quota(service: "rds", code: "L-E4C808A8", name: "DB cluster parameter groups")
    ),
    (
      "DBParameterGroups", DBParameterGroup.name,
      Quota(service: "rds", code: "L-DE55804A", name: "DB parameter groups")
    ),
    ("DBSubnetGroups", DBSubnetGroup.name, Quota(service: "rds", code: "L-48C6BF61", name: "DB subnet groups")),
  ]

  init?(_ graph: Graph) {
    guard Self.quotas.contains(where: { !graph.ofKind($0.kind).isEmpty }) else { return nil }
  }

  var subject: String { "the account has room for the database" }

  func matters(to plan: Plan) -> Bool {
    Self.quotas.contains { plan.added($0.kind) > 0 }
  }

  /// By RDS's name of the quota.
  func ask(_ aws: AWS) async throws(CallError) -> [String: Usage] {
    let quotas = try await aws(RDS.describeAccountAttributes, .init()).accountQuotas ?? []
    return quotas.reduce(into: [:]) { found, quota in
      guard let name = quota.accountQuotaName, let used = quota.used, let most = quota.max else { return }
      found[name] = Usage(used: used, most: most)
    }
  }

  func judge(_ answer: [String: Usage], _ prospect: Prospect) -> [Diagnostic] {
    Self.quotas.compactMap { attribute, kind, quota in
      guard let usage = answer[attribute] else { return nil }
      // What is made anew in the place of something waits until that has gone.
      let leaving = (prospect.seen[kind] ?? []).count { $0.health.isLeaving }
      return quota.shortage(
        used: usage.used - leaving, of: usage.most, more: prospect.plan.added(kind), in: prospect.plan.region)
    }
  }
}
