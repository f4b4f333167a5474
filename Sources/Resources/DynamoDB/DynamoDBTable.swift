// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIDynamoDB
package import AWSClient
package import Core
package import ResourceKit

// aws: dynamodb CreateTable DescribeTable ListTables UpdateTable DeleteTable
// aws: dynamodb DescribeContinuousBackups UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive
// aws: dynamodb ListTagsOfResource TagResource UntagResource
// aws: resourcegroupstaggingapi GetResources

/// A table that is paid by use: for the lease that keeps two writers apart, and for the decisions of failovers.
///
/// - The keys are fixed at creation. AWS lets the attribute of expiry be changed only by switching expiry off and, an hour
///   later, on again: harecon refuses.
/// - It is in service a moment before point-in-time recovery can be switched on; that follows as an update.
/// - Only `destroy` deletes it: protection is switched off then. Where point-in-time recovery is on, AWS keeps a last
///   backup for 35 days by itself.
package enum DynamoDBTable: ResourceKind {
  package static let name: KindName = "dynamodb/table"
  package static let identity: Identity = .name
  package static let holdsData = true
  package static let follows: [KindName] = [KMSKey.name]
  package static let patience = Patience(ready: .seconds(600), gone: .seconds(600))

  package struct Desired: Sendable {
    package var name: String
    package var partitionKey: Key
    package var sortKey: Key?
    /// `PAY_PER_REQUEST`: a lease must never wait for capacity.
    package var billing = "PAY_PER_REQUEST"
    /// The attribute that holds when an item expires, in seconds since 1970.
    package var expiry: String?
    /// Days back that the table can be restored to, 1 to 35; nil switches point-in-time recovery off.
    package var recovery: Int?
    /// The ARN of the customer key; nil leaves AWS's own.
    package var key: Input<String>?
    package var deletionProtection: Bool
    package var tags: [String: String]

    package init(
      name: String, partitionKey: Key, sortKey: Key? = nil, expiry: String? = nil, recovery: Int? = 35,
      key: Input<String>?, deletionProtection: Bool = true, tags: [String: String]
    ) {
      self.name = name
      self.partitionKey = partitionKey
      self.sortKey = sortKey
      self.expiry = expiry
      self.recovery = recovery
      self.key = key
      self.deletionProtection = deletionProtection
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let name: String
    package let arn: String
    let status: String
    let partitionKey: Key
    let sortKey: Key?
    let billing: String
    let expiry: String?
    let recovery: Int?
    let key: String?
    let deletionProtection: Bool
    let tags: [String: String]
  }

  private static let moveOut = "AWS fixes the keys of a table: make one of another name and move the items"

  package static let attributes: [Attribute<Self>] = [
    Attribute("partitionKey", \.partitionKey, \.partitionKey, .refuse(wayOut: moveOut)),
    Attribute("sortKey", \.sortKey, \.sortKey, .refuse(wayOut: moveOut)),
    Attribute("billing", \.billing, \.billing),
    Attribute(
      "expiry", \.expiry, \.expiry,
      .refuse(wayOut: "switch expiry off by hand, wait for an hour and apply again: AWS allows one change an hour"),
      .setOnce),
    Attribute("recovery", \.recovery, \.recovery),
    Attribute("key", \.key, \.key),
    Attribute("deletionProtection", \.deletionProtection, \.deletionProtection),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("name", \.name), Output("arn", \.arn)]

  package static func key(for desired: Desired) -> String? { desired.name }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let tables = try await names(query, aws).concurrently { (name) async throws(CallError) in
      try await ifThere { () async throws(CallError) in try await described(name, aws) }
    }.compactMap(\.self)
    let tags = try await query.tags(of: tables.map(\.arn), aws) { (arn) async throws(CallError) in
      try await ifThere { () async throws(CallError) in
        try await aws.all(DynamoDB.listTagsOfResource, .init(resourceArn: arn), \.tags).byKey
      }
    }
    return tables.compactMap { table in tags[table.arn].map { Observed(table, tags: $0) } }
  }

  private static func names(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [String] {
    if let name = query.focusName { return [name] }
    return try await aws.all(DynamoDB.listTables, .init(), \.tableNames).filter { query.mayOwn($0) }
  }

  private static func described(_ name: String, _ aws: AWS) async throws(CallError) -> Described {
    let (table, (backups, expiry)) = try await both { () async throws(CallError) in
      try await aws(DynamoDB.describeTable, .init(tableName: name)).table
    } _: { () async throws(CallError) in
      try await both { () async throws(CallError) in
        try await aws(DynamoDB.describeContinuousBackups, .init(tableName: name)).continuousBackupsDescription
      } _: { () async throws(CallError) in
        try await aws(DynamoDB.describeTimeToLive, .init(tableName: name)).timeToLiveDescription
      }
    }
    return Described(table: table, backups: backups, expiry: expiry)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = try createRequest(desired)
    _ = try await awaitingVisibility { () async throws(CallError) in try await aws(DynamoDB.createTable, request) }
  }

  /// While one change is under way AWS refuses the next; the engine comes back for what is left.
  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await retag(observed, to: desired.tags, aws) }
    if changes.contains(\.recovery) { try await recover(desired, aws) }
    if changes.contains(\.expiry), let attribute = desired.expiry {
      _ = try await aws(
        DynamoDB.updateTimeToLive,
        .init(tableName: desired.name, timeToLiveSpecification: .init(enabled: true, attributeName: attribute)))
    }
    if changes.contains(\.deletionProtection) {
      _ = try await aws(
        DynamoDB.updateTable,
        .init(tableName: desired.name, deletionProtectionEnabled: desired.deletionProtection))
    }
    if changes.contains(\.billing) {
      _ = try await aws(DynamoDB.updateTable, .init(tableName: desired.name, billingMode: desired.billing))
    }
    if changes.contains(\.key) {
      let encryption = try encryption(desired) ?? .init(enabled: false)
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(DynamoDB.updateTable, .init(tableName: desired.name, sseSpecification: encryption))
      }
    }
  }

  private static func recover(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    _ = try await aws(
      DynamoDB.updateContinuousBackups,
      .init(
        tableName: desired.name,
        pointInTimeRecoverySpecification: .init(
          pointInTimeRecoveryEnabled: desired.recovery != nil, recoveryPeriodInDays: desired.recovery)))
  }

  private static func retag(_ observed: Observed, to desired: [String: String], _ aws: AWS) async throws(CallError) {
    let changes = TagChanges(from: observed.tags, to: desired)
    if !changes.set.isEmpty {
      let tags = changes.set.map { DynamoDB.Tag(key: $0.key, value: $0.value) }
      _ = try await aws(DynamoDB.tagResource, .init(resourceArn: observed.arn, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(DynamoDB.untagResource, .init(resourceArn: observed.arn, tagKeys: changes.remove))
    }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    if observed.status == "DELETING" { return }
    guard deletion.wholeStack else {
      throw CallError(
        .invalid, code: "TableKept", message: "the table \"\(observed.name)\" is only deleted by `harecon destroy`")
    }
    if observed.deletionProtection {
      _ = try await aws(
        DynamoDB.updateTable, .init(tableName: observed.name, deletionProtectionEnabled: false))
    }
    _ = try await aws(DynamoDB.deleteTable, .init(tableName: observed.name))
  }

  package static func facts(_ observed: Observed) -> Facts {
    let health: Health =
      switch observed.status {
      case "ACTIVE": .ready
      case "DELETING": .leaving("deleting")
      case "INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ARCHIVING", "ARCHIVED": .degraded(observed.status.lowercased())
      case let status: .progressing(status.lowercased())
      }
    return Facts(id: observed.name, key: observed.name, owner: OwnerTag.owner(observed.tags), health: health)
  }
}
