// SPDX-License-Identifier: Apache-2.0

internal import AWSAPILogs
package import AWSClient
package import Core
package import ResourceKit

// aws: logs CreateLogGroup DeleteLogGroup DescribeLogGroups ListTagsForResource TagResource UntagResource
// aws: resourcegroupstaggingapi GetResources
// aws: logs PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey PutLogGroupDeletionProtection

/// A log group with retention, key and tags, made before the service that writes to it.
///
/// A service that finds no group makes its own: kept for ever, without our key, without tags. So groups are made before and
/// deleted after what writes to them. A group that RDS has made under the name of our cluster's can only be that
/// cluster's, and is taken over by tagging it; everywhere else, an untagged group with our name is somebody else's.
///
/// What it holds is a record of what was done: a group that is taken out of the spec stays, and only `destroy` deletes
/// it.
package enum LogGroup: ResourceKind {
  package static let name: KindName = "logs/group"
  package static let identity: Identity = .name
  package static let holdsData = true
  package static let follows: [KindName] = [KMSKey.name]

  package struct Desired: Sendable {
    package var name: String
    /// Days; one of the values that AWS offers. nil keeps everything.
    package var retention: Int?
    /// The ARN of the key.
    package var key: Input<String>?
    /// `STANDARD` or `INFREQUENT_ACCESS`.
    package var storageClass: String
    package var deletionProtection: Bool
    package var tags: [String: String]

    package init(
      name: String, retention: Int?, key: Input<String>?, storageClass: String = "STANDARD",
      deletionProtection: Bool = false, tags: [String: String]
    ) {
      self.name = name
      self.retention = retention
      self.key = key
      self.storageClass = storageClass
      self.deletionProtection = deletionProtection
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package var name: String
    /// Without the `:*` that some answers put behind it.
    package var arn: String
    package var retention: Int?
    package var key: String?
    package var storageClass: String
    package var deletionProtection: Bool
    package var tags: [String: String]
    /// How many metric filters it has.
    package var metricFilters: Int
    /// RDS makes groups of this name itself, and the spec wants this one.
    package var isClusterLog: Bool
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("retention", \.retention, \.retention),
    Attribute("key", \.key, \.key),
    Attribute(
      "storageClass", \.storageClass, \.storageClass,
      .refuse(wayOut: "a group keeps its class: export what is needed, delete the group by hand and apply again")),
    Attribute("deletionProtection", \.deletionProtection, \.deletionProtection),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  /// Where the names of a stack's groups start; the services that write to them say what comes before its name.
  ///
  /// A listing by prefix and not by pattern: asked for a pattern, AWS leaves retention and key out of the answer.
  private static func prefixes(_ query: Query<Self>) -> [String] {
    if let name = query.focusName { return [name] }
    let own =
      [clusterLogs(query.stack), "/harecon/\(query.stack)/", "/aws/lambda/\(query.stack)-"]
      + ["/aws/vendedlogs/harecon/\(query.stack)/", "/aws/events/harecon/\(query.stack)"]
    return own + query.desired.map(\.name).filter { name in !own.contains { name.hasPrefix($0) } }.sorted()
  }

  private static func clusterLogs(_ cluster: String) -> String { "/aws/rds/cluster/\(cluster)/" }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let listed = try await prefixes(query).concurrently { (prefix) async throws(CallError) in
      try await aws.all(Logs.describeLogGroups, .init(logGroupNamePrefix: prefix), \.logGroups)
    }
    let name = query.focusName
    let groups = Dictionary(
      listed.joined().compactMap { group in (group.logGroupArn ?? group.arn.map(withoutStar)).map { ($0, group) } }
        .filter { name == nil || $0.1.logGroupName == name }
    ) { first, _ in first }
    let wanted = Set(groups.filter { query.wants($0.value.logGroupName ?? "") }.keys)
    let tagged = name == nil ? Set(try await query.tagged(as: "logs:log-group", aws)) : []
    let tags = try await query.tags(of: groups.keys.sorted(), aws) {
      (arn) async throws(CallError) in
      // Below that stand groups of other functions too: what neither the spec nor our tags name is none of ours.
      let mayBeOurs = wanted.contains(arn) || tagged.contains(arn) || !arn.contains(":log-group:/aws/lambda/")
      guard name != nil || mayBeOurs else { return nil }
      return try await ifThere { () async throws(CallError) in
        try await aws(Logs.listTagsForResource, .init(resourceArn: arn)).tags ?? [:]
      }
    }
    return groups.sorted { $0.key < $1.key }.compactMap { arn, group in
      guard let name = group.logGroupName, let tags = tags[arn] else { return nil }
      return Observed(
        name: name, arn: arn, retention: group.retentionInDays, key: group.kmsKeyId,
        storageClass: group.logGroupClass ?? "STANDARD",
        deletionProtection: group.deletionProtectionEnabled ?? false, tags: tags,
        metricFilters: group.metricFilterCount ?? 0,
        isClusterLog: name.hasPrefix(clusterLogs(query.stack)) && query.wants(name))
    }
  }

  /// The calls about tags want the ARN without it.
  private static func withoutStar(_ arn: String) -> String {
    arn.hasSuffix(":*") ? String(arn.dropLast(2)) : arn
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let key = try desired.key?.now()
    _ = try await awaitingVisibility { () async throws(CallError) in
      try await aws(
        Logs.createLogGroup,
        .init(
          logGroupName: desired.name, kmsKeyId: key, tags: desired.tags, logGroupClass: desired.storageClass,
          deletionProtectionEnabled: desired.deletionProtection ? true : nil))
    }
    if desired.retention != nil { try await retain(desired, aws) }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    // First, so that a group that RDS made is ours before anything else about it changes.
    if changes.contains(\.tags) { try await retag(observed, to: desired.tags, aws) }
    if changes.contains(\.retention) { try await retain(desired, aws) }
    if changes.contains(\.key) { try await encrypt(desired, aws) }
    if changes.contains(\.deletionProtection) {
      _ = try await aws(
        Logs.putLogGroupDeletionProtection,
        .init(logGroupIdentifier: desired.name, deletionProtectionEnabled: desired.deletionProtection))
    }
  }

  private static func retain(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    if let days = desired.retention {
      _ = try await aws(Logs.putRetentionPolicy, .init(logGroupName: desired.name, retentionInDays: days))
    } else {
      _ = try await aws(Logs.deleteRetentionPolicy, .init(logGroupName: desired.name))
    }
  }

  /// Holds for what is written from now on: AWS does not encrypt anew what is there.
  private static func encrypt(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    if let key = try desired.key?.now() {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(Logs.associateKmsKey, .init(kmsKeyId: key, logGroupName: desired.name))
      }
    } else {
      _ = try await aws(Logs.disassociateKmsKey, .init(logGroupName: desired.name))
    }
  }

  private static func retag(_ observed: Observed, to desired: [String: String], _ aws: AWS) async throws(CallError) {
    let changes = TagChanges(from: observed.tags, to: desired)
    if !changes.set.isEmpty {
      let tags = Dictionary(uniqueKeysWithValues: changes.set.map { ($0.key, $0.value) })
      _ = try await aws(Logs.tagResource, .init(resourceArn: observed.arn, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(Logs.untagResource, .init(resourceArn: observed.arn, tagKeys: changes.remove))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    if observed.deletionProtection {
      _ = try await aws(
        Logs.putLogGroupDeletionProtection,
        .init(logGroupIdentifier: observed.name, deletionProtectionEnabled: false))
    }
    _ = try await aws(Logs.deleteLogGroup, .init(logGroupName: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    let owner = OwnerTag.owner(observed.tags)
    return Facts(
      id: observed.name, key: observed.name, owner: owner == .nobody && observed.isClusterLog ? .parent : owner)
  }
}
