// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIDynamoDB
internal import AWSClient
package import Core
internal import ResourceKit

extension DynamoDBTable {
  /// A part of the primary key.
  package struct Key: AttributeValue {
    package var name: String
    /// `S`, `N` or `B`: text, number, bytes.
    package var type: String

    package init(_ name: String, _ type: String = "S") {
      self.name = name
      self.type = type
    }

    package var value: Value { .map(["name": .string(name), "type": .string(type)]) }

    package init?(_ value: Value) {
      guard case .map(let members) = value, let name = members["name"].flatMap(String.init(_:)),
        let type = members["type"].flatMap(String.init(_:))
      else { return nil }
      self.init(name, type)
    }
  }

  /// What AWS's three answers about a table say.
  struct Described: Sendable {
    let table: DynamoDB.TableDescription?
    let backups: DynamoDB.ContinuousBackupsDescription?
    let expiry: DynamoDB.TimeToLiveDescription?

    var arn: String { table?.tableArn ?? "" }
  }

  static func createRequest(_ desired: Desired) throws(CallError) -> DynamoDB.CreateTableInput {
    let keys = [(desired.partitionKey, "HASH")] + (desired.sortKey.map { [($0, "RANGE")] } ?? [])
    return DynamoDB.CreateTableInput(
      tableName: desired.name,
      attributeDefinitions: keys.map { .init(attributeName: $0.0.name, attributeType: $0.0.type) },
      keySchema: keys.map { .init(attributeName: $0.0.name, keyType: $0.1) }, billingMode: desired.billing,
      sseSpecification: try encryption(desired),
      tags: desired.tags.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value) },
      deletionProtectionEnabled: desired.deletionProtection)
  }

  /// nil where AWS's own key is wanted.
  static func encryption(_ desired: Desired) throws(CallError) -> DynamoDB.SSESpecification? {
    guard let key = try desired.key?.now() else { return nil }
    return .init(enabled: true, sseType: "KMS", kmsMasterKeyId: key)
  }
}

extension DynamoDBTable.Observed {
  init(_ described: DynamoDBTable.Described, tags: [String: String]) {
    let table = described.table
    name = table?.tableName ?? ""
    arn = described.arn
    status = table?.tableStatus ?? ""
    let types = (table?.attributeDefinitions ?? []).reduce(into: [String: String]()) { types, definition in
      if let name = definition.attributeName { types[name] = definition.attributeType }
    }
    func part(_ role: String) -> DynamoDBTable.Key? {
      let name = table?.keySchema?.first { $0.keyType == role }?.attributeName
      return name.map { DynamoDBTable.Key($0, types[$0] ?? "") }
    }
    partitionKey = part("HASH") ?? DynamoDBTable.Key("", "")
    sortKey = part("RANGE")
    // A table that was never paid otherwise has no summary.
    billing = table?.billingModeSummary?.billingMode ?? "PROVISIONED"
    let expires = ["ENABLED", "ENABLING"].contains(described.expiry?.timeToLiveStatus)
    expiry = expires ? described.expiry?.attributeName : nil
    let recovers = described.backups?.pointInTimeRecoveryDescription
    recovery = recovers?.pointInTimeRecoveryStatus == "ENABLED" ? recovers?.recoveryPeriodInDays ?? 35 : nil
    let encryption = table?.sseDescription
    let isEncrypted = ["ENABLED", "ENABLING", "UPDATING"].contains(encryption?.status)
    key = isEncrypted ? encryption?.kmsMasterKeyArn : nil
    deletionProtection = table?.deletionProtectionEnabled ?? false
    self.tags = tags
  }
}

extension [DynamoDB.Tag] {
  /// By key; AWS never gives a key twice.
  var byKey: [String: String] {
    reduce(into: [:]) { tags, tag in
      if let key = tag.key { tags[key] = tag.value ?? "" }
    }
  }
}
