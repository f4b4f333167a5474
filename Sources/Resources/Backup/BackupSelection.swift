// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIBackup
package import AWSClient
package import Core
package import ResourceKit

// aws: backup CreateBackupSelection DeleteBackupSelection GetBackupSelection ListBackupSelections

/// What a backup plan makes copies of, and the role that it takes on for that.
///
/// A selection never changes. Its name in AWS ends in a digest of what it says, so that another content is another selection,
/// made before the old one goes: at no moment does the plan select nothing.
package enum BackupSelection: ResourceKind {
  package static let name: KindName = "backup/selection"
  package static let identity: Identity = .parent
  package static let parent: KindName? = BackupPlan.name
  package static let follows: [KindName] = [BackupPlan.name, "iam/role", "rds/cluster"]

  package struct Desired: Sendable {
    /// The id of the plan.
    package var plan: Input<String>
    /// 41 characters at most: the digest follows it.
    package var name: String
    /// The ARN of the role.
    package var role: Input<String>
    /// ARNs.
    package var resources: [Input<String>]
    /// Tag → the value that a resource must have, all of them.
    package var conditions: [String: String]

    package init(
      plan: Input<String>, name: String, role: Input<String>, resources: [Input<String>],
      conditions: [String: String] = [:]
    ) {
      self.plan = plan
      self.name = name
      self.role = role
      self.resources = resources
      self.conditions = conditions
    }

    /// nil while a part of it is not known yet.
    var liveName: String? {
      guard let role = role.known else { return nil }
      let known = resources.compactMap(\.known)
      guard known.count == resources.count else { return nil }
      let parts = [role] + known.sorted() + conditions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return "\(name)-\(RequestToken.text(parts).prefix(8))"
    }
  }

  package struct Observed: Sendable {
    package var id: String
    package var name: String
    package var plan: String
    package var role: String
    package var resources: [String]
    package var conditions: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("plan", \.plan, \.plan, .replace(.createThenDelete)),
    Attribute("role", \.role, \.role, .replace(.createThenDelete)),
    Attribute("resources", \.resources, \.resources, .replace(.createThenDelete), equality: .unordered),
    Attribute("conditions", \.conditions, \.conditions, .replace(.createThenDelete)),
  ]

  package static func key(for desired: Desired) -> String? {
    guard let plan = desired.plan.known, let name = desired.liveName else { return nil }
    return "\(plan)/\(name)"
  }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let plans = query.parents.filter { $0.owner.isStack(query.stack) }.map { $0.typed(BackupPlan.self).id }
    return try await plans.concurrently { (plan) async throws(CallError) in
      let listed = try await ifThere { () async throws(CallError) in
        try await aws.all(Backup.listBackupSelections, .init(backupPlanId: plan), \.backupSelectionsList)
      }
      return try await (listed ?? []).compactMap(\.selectionId).concurrently { (id) async throws(CallError) in
        try await ifThere { () async throws(CallError) in
          try await aws(Backup.getBackupSelection, .init(backupPlanId: plan, selectionId: id)).backupSelection
        }.flatMap { $0 }.map { Observed($0, id: id, plan: plan) }
      }.compactMap(\.self)
    }.flatMap(\.self)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let plan = try desired.plan.now()
    let role = try desired.role.now()
    let resources = try desired.resources.now()
    let name = desired.liveName ?? desired.name
    let conditions = desired.conditions.sorted { $0.key < $1.key }
      .map { Backup.ConditionParameter(conditionKey: "aws:ResourceTag/\($0.key)", conditionValue: $0.value) }
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(
        Backup.createBackupSelection,
        .init(
          backupPlanId: plan,
          backupSelection: .init(
            selectionName: name, iamRoleArn: role, resources: resources,
            conditions: conditions.isEmpty ? nil : .init(stringEquals: conditions)),
          creatorRequestId: RequestToken.backup("selection", plan, name)))
    }
  }

  /// Nothing of a selection can be changed: the planner never asks for this.
  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    throw CallError(
      .invalid, code: "SelectionFixed", message: "the selection \"\(observed.name)\" is made anew and never changed")
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      Backup.deleteBackupSelection, .init(backupPlanId: observed.plan, selectionId: observed.id))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.id, key: "\(observed.plan)/\(observed.name)", owner: .parent)
  }
}

extension BackupSelection.Observed {
  fileprivate init(_ selection: Backup.BackupSelection, id: String, plan: String) {
    let prefix = "aws:ResourceTag/"
    let conditions = (selection.conditions?.stringEquals ?? []).compactMap { condition -> (String, String)? in
      guard let key = condition.conditionKey, let value = condition.conditionValue else { return nil }
      return (key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : key, value)
    }
    self.init(
      id: id, name: selection.selectionName ?? "", plan: plan, role: selection.iamRoleArn ?? "",
      resources: selection.resources ?? [], conditions: Dictionary(conditions) { first, _ in first })
  }
}
