// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIBackup
package import AWSClient
package import Core
package import ResourceKit

// aws: backup CreateBackupPlan UpdateBackupPlan DeleteBackupPlan GetBackupPlan ListBackupPlans ListTags TagResource
// aws: backup UntagResource
// aws: resourcegroupstaggingapi GetResources

/// When copies of the database are made, into which vault, and for how long they stay.
///
/// A plan is known by an id that AWS gives it, and its name may not be its own: the owner tags find it. Each change makes
/// another version of the plan; the rules are compared with everything that AWS fills in.
package enum BackupPlan: ResourceKind {
  package static let name: KindName = "backup/plan"
  package static let identity: Identity = .tag
  package static let follows: [KindName] = [BackupVault.name]

  package struct Desired: Sendable {
    package var name: String
    package var rules: [Rule]
    package var tags: [String: String]

    package init(name: String, rules: [Rule], tags: [String: String]) {
      self.name = name
      self.rules = rules
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var id: String
    package var arn: String
    package var name: String
    package var rules: [Rule]
    package var tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("name", \.name, \.name),
    Attribute("rules", \.rules, \.rules, equality: .unordered),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let plans = try await aws.all(Backup.listBackupPlans, .init(), \.backupPlansList)
      .filter { query.mayOwn($0.backupPlanName ?? "") && $0.deletionDate == nil }
    let ids = plans.compactMap(\.backupPlanId)
    let arns = plans.compactMap(\.backupPlanArn)
    let (tags, bodies) = try await both { () async throws(CallError) in
      try await query.tags(of: arns, aws) { (arn) async throws(CallError) in
        try await backupTags(of: arn, aws)
      }
    } _: { () async throws(CallError) in
      try await ids.concurrently { (id) async throws(CallError) in
        try await ifThere { () async throws(CallError) in try await aws(Backup.getBackupPlan, .init(backupPlanId: id)) }
      }
    }
    return bodies.compactMap { body in
      guard let body, body.deletionDate == nil, let id = body.backupPlanId, let arn = body.backupPlanArn,
        let tags = tags[arn]
      else { return nil }
      return Observed(
        id: id, arn: arn, name: body.backupPlan?.backupPlanName ?? "",
        rules: (body.backupPlan?.rules ?? []).map { Rule($0) }, tags: tags)
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let body = try body(desired)
    _ = try await aws(
      Backup.createBackupPlan,
      .init(
        backupPlan: body, backupPlanTags: desired.tags,
        creatorRequestId: RequestToken.backup("plan", desired.name, "\(desired.rules.value)")))
  }

  private static func body(_ desired: Desired) throws(CallError) -> Backup.BackupPlanInput {
    var rules: [Backup.BackupRuleInput] = []
    for rule in desired.rules { rules.append(try rule.sent()) }
    return Backup.BackupPlanInput(backupPlanName: desired.name, rules: rules)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await backupRetag(observed.arn, from: observed.tags, to: desired.tags, aws) }
    if changes.containsAny(\.name, \.rules) {
      _ = try await aws(
        Backup.updateBackupPlan, .init(backupPlanId: observed.id, backupPlan: try body(desired)))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try await deletingAfterSelections { () async throws(CallError) in
      try await aws(Backup.deleteBackupPlan, .init(backupPlanId: observed.id))
    }
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.id, key: observed.name, owner: OwnerTag.owner(observed.tags))
  }
}

extension BackupPlan {
  /// One schedule of a plan.
  package struct Rule: AttributeValue {
    package var name: String
    /// The name of the vault.
    package var vault: Input<String>
    /// `cron(0 1 ? * * *)`.
    package var schedule: String
    package var timeZone: String
    /// Minutes after the schedule within which a job has to start, 60 or more.
    package var startWindow: Int
    /// Minutes within which it has to be done.
    package var completionWindow: Int
    /// Days after which a copy is deleted; nil keeps it for ever.
    package var deleteAfter: Int?
    /// Tags of the copies.
    package var tags: [String: String]
    /// Where others have copies sent: none of it is the stack's.
    var copies: [String] = []

    package init(
      name: String, vault: Input<String>, schedule: String, timeZone: String = "Etc/UTC", startWindow: Int = 60,
      completionWindow: Int = 480, deleteAfter: Int?, tags: [String: String] = [:]
    ) {
      self.name = name
      self.vault = vault
      self.schedule = schedule
      self.timeZone = timeZone
      self.startWindow = startWindow
      self.completionWindow = completionWindow
      self.deleteAfter = deleteAfter
      self.tags = tags
    }

    package var value: Value {
      .map([
        "name": .string(name), "vault": vault.value, "schedule": .string(schedule), "timeZone": .string(timeZone),
        "startWindow": .int(startWindow), "completionWindow": .int(completionWindow), "deleteAfter": deleteAfter.value,
        "tags": tags.value, "copies": copies.value,
      ])
    }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let name = members["name"].flatMap(String.init),
        let vault = members["vault"].flatMap(Input<String>.init),
        let tags = members["tags"].flatMap([String: String].init),
        let schedule = members["schedule"].flatMap(String.init), let zone = members["timeZone"].flatMap(String.init),
        let start = members["startWindow"].flatMap(Int.init),
        let completion = members["completionWindow"].flatMap(Int.init)
      else { return nil }
      self.init(
        name: name, vault: vault, schedule: schedule, timeZone: zone, startWindow: start, completionWindow: completion,
        deleteAfter: members["deleteAfter"].flatMap(Int.init), tags: tags)
    }

    func sent() throws(CallError) -> Backup.BackupRuleInput {
      Backup.BackupRuleInput(
        ruleName: name, targetBackupVaultName: try vault.now(), scheduleExpression: schedule,
        startWindowMinutes: startWindow, completionWindowMinutes: completionWindow,
        lifecycle: deleteAfter.map { Backup.Lifecycle(deleteAfterDays: $0) },
        recoveryPointTags: tags.isEmpty ? nil : tags, scheduleExpressionTimezone: timeZone)
    }

    /// What AWS fills in is filled in here as well where an answer leaves it out.
    init(_ rule: Backup.BackupRule) {
      self.init(
        name: rule.ruleName ?? "", vault: .given(rule.targetBackupVaultName ?? ""),
        schedule: rule.scheduleExpression ?? "cron(0 5 ? * * *)",
        timeZone: rule.scheduleExpressionTimezone ?? "Etc/UTC",
        startWindow: rule.startWindowMinutes ?? 480, completionWindow: rule.completionWindowMinutes ?? 10080,
        deleteAfter: rule.lifecycle?.deleteAfterDays, tags: rule.recoveryPointTags ?? [:])
      copies = (rule.copyActions ?? []).compactMap(\.destinationBackupVaultArn).sorted()
    }
  }
}
