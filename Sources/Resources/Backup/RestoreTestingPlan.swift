// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIBackup
package import AWSClient
package import Core
package import ResourceKit

// aws: backup CreateRestoreTestingPlan UpdateRestoreTestingPlan DeleteRestoreTestingPlan GetRestoreTestingPlan
// aws: backup ListRestoreTestingPlans ListTags TagResource UntagResource
// aws: resourcegroupstaggingapi GetResources

/// When AWS Backup restores a copy of the database to see whether it can be restored, and which copy it takes.
///
/// Its name has letters, digits and underscores alone: a hyphen in the stack's name becomes an underscore in it.
package enum RestoreTestingPlan: ResourceKind {
  package static let name: KindName = "backup/restore-testing-plan"
  package static let identity: Identity = .name
  package static let follows: [KindName] = [BackupVault.name]

  package struct Desired: Sendable {
    /// 50 characters at most; see `RestoreTestingPlan.name(_:of:)`.
    package var name: String
    /// `cron(0 3 ? * * *)`.
    package var schedule: String
    package var timeZone: String
    /// Hours after the schedule within which a test has to start, 1 to 168.
    package var startWindow: Int
    /// The ARNs of the vaults that copies are taken from.
    package var vaults: [Input<String>]
    /// `LATEST_WITHIN_WINDOW` or `RANDOM_WITHIN_WINDOW`.
    package var algorithm: String
    /// `SNAPSHOT`, `CONTINUOUS`.
    package var pointTypes: [String]
    /// Days that a copy may be old, 1 to 365.
    package var pointWindow: Int
    package var tags: [String: String]

    package init(
      name: String, schedule: String, timeZone: String = "Etc/UTC", startWindow: Int = 1, vaults: [Input<String>],
      algorithm: String = "LATEST_WITHIN_WINDOW", pointTypes: [String] = ["SNAPSHOT"], pointWindow: Int = 30,
      tags: [String: String]
    ) {
      self.name = name
      self.schedule = schedule
      self.timeZone = timeZone
      self.startWindow = startWindow
      self.vaults = vaults
      self.algorithm = algorithm
      self.pointTypes = pointTypes
      self.pointWindow = pointWindow
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    package var arn: String
    package var schedule: String
    package var timeZone: String
    package var startWindow: Int
    package var vaults: [String]
    package var excludedVaults: [String]
    package var algorithm: String
    package var pointTypes: [String]
    package var pointWindow: Int
    package var tags: [String: String]
  }

  /// `my_stack_daily` of `daily` and `my-stack`.
  package static func name(_ what: String, of stack: String) -> String {
    "\(stack)_\(what)".replacing("-", with: "_")
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("schedule", \.schedule, \.schedule),
    Attribute("timeZone", \.timeZone, \.timeZone),
    Attribute("startWindow", \.startWindow, \.startWindow),
    Attribute("vaults", \.vaults, \.vaults, equality: .unordered),
    Attribute("algorithm", \.algorithm, \.algorithm),
    Attribute("pointTypes", \.pointTypes, \.pointTypes, equality: .unordered),
    Attribute("pointWindow", \.pointWindow, \.pointWindow),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let prefix = name("", of: query.stack)
    let focus = query.focusName
    let plans = try await aws.all(Backup.listRestoreTestingPlans, .init(), \.restoreTestingPlans).filter { plan in
      guard let name = plan.restoreTestingPlanName else { return false }
      return focus.map { $0 == name } ?? (name.hasPrefix(prefix) || query.wants(name))
    }
    let arns = plans.compactMap(\.restoreTestingPlanArn)
    let names = plans.compactMap(\.restoreTestingPlanName)
    let (tags, bodies) = try await both { () async throws(CallError) in
      try await query.tags(of: arns, aws) { (arn) async throws(CallError) in
        try await backupTags(of: arn, aws)
      }
    } _: { () async throws(CallError) in
      try await names.concurrently { (name) async throws(CallError) in
        try await ifThere { () async throws(CallError) in
          try await aws(Backup.getRestoreTestingPlan, .init(restoreTestingPlanName: name)).restoreTestingPlan
        }
      }
    }
    return bodies.compactMap { body in
      guard let plan = body ?? nil, let tags = plan.restoreTestingPlanArn.flatMap({ tags[$0] }) else { return nil }
      return Observed(plan, tags: tags)
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let points = try points(desired)
    _ = try await aws(
      Backup.createRestoreTestingPlan,
      .init(
        restoreTestingPlan: .init(
          recoveryPointSelection: points, restoreTestingPlanName: desired.name, scheduleExpression: desired.schedule,
          scheduleExpressionTimezone: desired.timeZone, startWindowHours: desired.startWindow),
        creatorRequestId: RequestToken.backup("restore testing plan", desired.name), tags: desired.tags))
  }

  private static func points(
    _ desired: Desired
  ) throws(CallError) -> Backup.RestoreTestingRecoveryPointSelection {
    Backup.RestoreTestingRecoveryPointSelection(
      algorithm: desired.algorithm, excludeVaults: [], includeVaults: try desired.vaults.now(),
      recoveryPointTypes: desired.pointTypes, selectionWindowDays: desired.pointWindow)
  }

  /// All of it: AWS may take what is left out for what should be reset.
  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await backupRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    guard
      changes.containsAny(
        \.schedule, \.timeZone, \.startWindow, \.vaults, \.algorithm, \.pointTypes, \.pointWindow)
    else { return }
    let points = try points(desired)
    _ = try await aws(
      Backup.updateRestoreTestingPlan,
      .init(
        restoreTestingPlan: .init(
          recoveryPointSelection: points, scheduleExpression: desired.schedule,
          scheduleExpressionTimezone: desired.timeZone, startWindowHours: desired.startWindow),
        restoreTestingPlanName: observed.name))
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await deletingAfterSelections { () async throws(CallError) in
      try await aws(Backup.deleteRestoreTestingPlan, .init(restoreTestingPlanName: observed.name))
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }
}

extension RestoreTestingPlan.Observed {
  /// nil for an answer without a name or an ARN.
  fileprivate init?(_ plan: Backup.RestoreTestingPlanForGet, tags: [String: String]) {
    guard let name = plan.restoreTestingPlanName, let arn = plan.restoreTestingPlanArn else { return nil }
    let points = plan.recoveryPointSelection
    self.init(
      name: name, arn: arn, schedule: plan.scheduleExpression ?? "",
      timeZone: plan.scheduleExpressionTimezone ?? "Etc/UTC",
      startWindow: plan.startWindowHours ?? 24, vaults: points?.includeVaults ?? [],
      excludedVaults: points?.excludeVaults ?? [], algorithm: points?.algorithm ?? "",
      pointTypes: points?.recoveryPointTypes ?? [], pointWindow: points?.selectionWindowDays ?? 30, tags: tags)
  }
}
