// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIBackup
package import AWSClient
package import Core
package import ResourceKit

// aws: backup CreateRestoreTestingSelection UpdateRestoreTestingSelection DeleteRestoreTestingSelection
// aws: backup GetRestoreTestingSelection ListRestoreTestingSelections

/// Which database a restore testing plan restores, where, with what role, and how long the copy stays to be looked at.
///
/// AWS Backup restores a cluster without instances: nobody has read from it until something attaches one. The cluster is
/// tagged `awsbackup-restore-test`, by which AWS Backup finds it again to delete it; harecon touches nothing that has that
/// tag. Without a subnet group and security groups the cluster would go to the default VPC, or nowhere.
package enum RestoreTestingSelection: ResourceKind {
  package static let name: KindName = "backup/restore-testing-selection"
  package static let identity: Identity = .parent
  package static let parent: KindName? = RestoreTestingPlan.name
  package static let follows: [KindName] = [
    RestoreTestingPlan.name, "iam/role", "rds/cluster", "rds/subnet-group", "ec2/security-group",
  ]

  static let resourceType = "Aurora"

  package struct Desired: Sendable {
    /// The name of the plan.
    package var plan: Input<String>
    /// Letters, digits and underscores, 50 at most.
    package var name: String
    /// The ARN of the role.
    package var role: Input<String>
    /// The ARNs of the clusters whose copies are restored.
    package var clusters: [Input<String>]
    /// Where the copy is restored: the name of the subnet group.
    package var subnetGroup: Input<String>
    package var securityGroups: [Input<String>]
    /// What else AWS Backup should not find out by itself: key → value, keys in lower case.
    package var overrides: [String: String]
    /// Hours for which the copy stays to be looked at, 0 to 168.
    package var validationWindow: Int

    package init(
      plan: Input<String>, name: String, role: Input<String>, clusters: [Input<String>], subnetGroup: Input<String>,
      securityGroups: [Input<String>], overrides: [String: String] = [:], validationWindow: Int = 4
    ) {
      self.plan = plan
      self.name = name
      self.role = role
      self.clusters = clusters
      self.subnetGroup = subnetGroup
      self.securityGroups = securityGroups
      self.overrides = overrides
      self.validationWindow = validationWindow
    }
  }

  package struct Observed: Sendable {
    package var plan: String
    package var name: String
    package var role: String
    package var clusters: [String]
    package var subnetGroup: String
    package var securityGroups: [String]
    package var overrides: [String: String]
    package var validationWindow: Int
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("plan", \.plan, \.plan, .replace()),
    Attribute("role", \.role, \.role),
    Attribute("clusters", \.clusters, \.clusters, equality: .unordered),
    Attribute("subnetGroup", \.subnetGroup, \.subnetGroup),
    Attribute("securityGroups", \.securityGroups, \.securityGroups, equality: .unordered),
    Attribute("overrides", \.overrides, \.overrides),
    Attribute("validationWindow", \.validationWindow, \.validationWindow),
  ]

  package static func key(for desired: Desired) -> String? { desired.plan.known.map { "\($0)/\(desired.name)" } }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let plans = query.parents.filter { $0.owner.isStack(query.stack) }.map { $0.typed(RestoreTestingPlan.self).name }
    return try await plans.concurrently { (plan) async throws(CallError) in
      let listed = try await ifThere { () async throws(CallError) in
        try await aws.all(
          Backup.listRestoreTestingSelections, .init(restoreTestingPlanName: plan), \.restoreTestingSelections)
      }
      return try await (listed ?? []).compactMap(\.restoreTestingSelectionName)
        .concurrently { (name) async throws(CallError) in
          try await ifThere { () async throws(CallError) in
            try await aws(
              Backup.getRestoreTestingSelection,
              .init(restoreTestingPlanName: plan, restoreTestingSelectionName: name)
            ).restoreTestingSelection
          }.flatMap { $0 }.map { Observed($0, plan: plan, name: name) }
        }.compactMap(\.self)
    }.flatMap(\.self)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let plan = try desired.plan.now()
    let selection = Backup.RestoreTestingSelectionForCreate(
      iamRoleArn: try desired.role.now(), protectedResourceType: resourceType,
      restoreTestingSelectionName: desired.name, protectedResourceArns: try desired.clusters.now(),
      restoreMetadataOverrides: try metadata(desired), validationWindowHours: desired.validationWindow)
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(
        Backup.createRestoreTestingSelection,
        .init(
          restoreTestingPlanName: plan, restoreTestingSelection: selection,
          creatorRequestId: RequestToken.backup("restore testing selection", plan, desired.name)))
    }
  }

  /// All of it: AWS may take what is left out for what should be reset.
  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    let selection = Backup.RestoreTestingSelectionForUpdate(
      iamRoleArn: try desired.role.now(), protectedResourceArns: try desired.clusters.now(),
      restoreMetadataOverrides: try metadata(desired), validationWindowHours: desired.validationWindow)
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(
        Backup.updateRestoreTestingSelection,
        .init(
          restoreTestingPlanName: observed.plan, restoreTestingSelection: selection,
          restoreTestingSelectionName: observed.name))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      Backup.deleteRestoreTestingSelection,
      .init(restoreTestingPlanName: observed.plan, restoreTestingSelectionName: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    let key = "\(observed.plan)/\(observed.name)"
    return Facts(id: key, key: key, owner: .parent)
  }

  // AWS does not tell upper from lower case in these keys.
  static let subnetGroupKey = "dbsubnetgroupname"
  static let securityGroupsKey = "vpcsecuritygroupids"

  private static func metadata(_ desired: Desired) throws(CallError) -> [String: String] {
    var metadata = desired.overrides
    metadata[subnetGroupKey] = try desired.subnetGroup.now()
    metadata[securityGroupsKey] = JSON.array(try desired.securityGroups.now().sorted().map(JSON.string)).text()
    return metadata
  }
}

extension RestoreTestingSelection.Observed {
  fileprivate init(_ selection: Backup.RestoreTestingSelectionForGet, plan: String, name: String) {
    var overrides = Dictionary(
      (selection.restoreMetadataOverrides ?? [:]).map { ($0.key.lowercased(), $0.value) }
    ) { first, _ in first }
    let groups = overrides.removeValue(forKey: RestoreTestingSelection.securityGroupsKey) ?? "[]"
    let parsed = try? JSON(parsing: Array(groups.utf8))
    self.init(
      plan: plan, name: name, role: selection.iamRoleArn ?? "", clusters: selection.protectedResourceArns ?? [],
      subnetGroup: overrides.removeValue(forKey: RestoreTestingSelection.subnetGroupKey) ?? "",
      securityGroups: (parsed?.array ?? []).compactMap(\.string), overrides: overrides,
      validationWindow: selection.validationWindowHours ?? 0)
  }
}
