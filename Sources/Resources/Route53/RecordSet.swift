// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRoute53
package import AWSClient
package import Core
package import ResourceKit

// aws: route53 ListResourceRecordSets ChangeResourceRecordSets

/// A name in one of the stack's zones, with its type, its values and how long resolvers may keep them.
///
/// A record set cannot carry tags, and a zone may hold names that others put there. So each of ours has a mark beside it, a `TXT`
/// record that says whose it is: `_harecon-cname.writer.payments.internal` for the `CNAME` of `writer.payments.internal`. Record
/// and mark are made, and deleted, in one batch, which Route 53 carries out whole or not at all. A record that has our name and
/// no mark is somebody else's and is never touched.
///
/// Where several records share a name and a type, each has an identifier of its own: the primary, which is answered while its
/// health check is healthy, and the secondary, which stands in for it. When both are unhealthy the primary is answered; a
/// secondary without a check counts as healthy.
///
/// Zone, name, type and identifier are what a record is known by: another one of these is another record, made before the old
/// one goes where Route 53 lets both stand: under another name, or beside it as the other half of a pair.
package enum RecordSet: ResourceKind {
  package static let name: KindName = "route53/record-set"
  package static let identity = Identity.name
  package static let parent: KindName? = HostedZone.name
  package static let holdsParent: (any PartialKeyPath<Desired> & Sendable)? = \Desired.zone
  package static let follows: [KindName] = [HostedZone.name, HealthCheck.name]
  package static let patience = Patience(ready: .seconds(300), gone: .seconds(300))

  package struct Desired: Sendable {
    package var zone: Input<String>
    /// Whole, lower case, no dot at the end.
    package var record: String
    /// `CNAME`, `A`, `AAAA`, `TXT`, ...
    package var type: String
    /// Seconds.
    package var ttl: Int
    /// As people write them: texts without quotes, names without the dot at the end.
    package var values: [Input<String>]
    /// Tells it from others of its name and type; nil for the only one.
    package var identifier: String?
    /// `PRIMARY` or `SECONDARY`, of a record with an identifier.
    package var failover: String?
    /// The id of the check without whose health the record is not answered.
    package var healthCheck: Input<String>?
    /// Whose it is; its mark says so.
    package var owner: RecordOwner

    package init(
      zone: Input<String>, record: String, type: String, ttl: Int, values: [Input<String>], identifier: String? = nil,
      failover: String? = nil, healthCheck: Input<String>? = nil, owner: RecordOwner
    ) {
      self.zone = zone
      self.record = DNSName.normalised(record)
      self.type = type
      self.ttl = ttl
      self.values = values
      self.identifier = identifier
      self.failover = failover
      self.healthCheck = healthCheck
      self.owner = owner
    }

    fileprivate var name: LiveRecord.Name { .init(name: record, type: type, identifier: identifier) }

    fileprivate var live: LiveRecord {
      get throws(CallError) {
        let check = try healthCheck?.now()
        return LiveRecord(
          name: record, type: type, ttl: ttl, values: try values.now(),
          routing: identifier.map { Routing(identifier: $0, failover: failover, healthCheck: check) })
      }
    }
  }

  package struct Observed: Sendable {
    let zone: String
    let live: LiveRecord
    let mark: LiveRecord?
    let health: Health

    var record: String { live.name }
    var type: String { live.type }
    var ttl: Int { live.ttl ?? 0 }
    var values: [String] { live.values }
    var identifier: String? { live.routing?.identifier }
    var failover: String? { live.routing?.failover }
    var healthCheck: String? { live.routing?.healthCheck }
    var owner: Owner { mark.flatMap { RecordOwner($0) }?.owner ?? .nobody }
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("zone", \.zone, \.zone, .replace(.createThenDelete)),
    Attribute("record", \.record, \.record, .replace(.createThenDelete)),
    Attribute("type", \.type, \.type, .replace(.createThenDelete)),
    Attribute("ttl", \.ttl, \.ttl),
    Attribute("values", \.values, \.values, .inPlace(.connections), equality: .unordered),
    // Route 53 takes no second primary, nor a second secondary, of one name.
    Attribute("identifier", \.identifier, \.identifier, .replace(.deleteThenCreate)),
    Attribute("failover", \.failover, \.failover, .inPlace(.connections)),
    Attribute("healthCheck", \.healthCheck, \.healthCheck),
  ]

  package static func key(for desired: Desired) -> String? {
    desired.zone.known.map { key(zone: $0, desired.name) }
  }

  private static func key(zone: String, _ name: LiveRecord.Name) -> String {
    "\(zone)/\(name.name)/\(name.type)" + (name.identifier.map { "/\($0)" } ?? "")
  }

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let wanted = Set(query.desired.map(\.name))
    let zones = query.parents.map { $0.typed(HostedZone.self) }.filter { zone in
      if case .stack(query.stack, _) = zone.owner { true } else { false }
    }
    return try await zones.concurrently { (zone) async throws(CallError) -> [Observed] in
      let (records, health) = try await both(
        { () async throws(CallError) -> [LiveRecord] in
          try await ifThere { () async throws(CallError) in try await self.records(of: zone.id, aws) } ?? []
        },
        { () async throws(CallError) -> Health in try await ChangesInFlight.health(of: zone.id, aws) })
      let marks = records.filter(\.isMark).reduce(into: [:]) { $0[$1.name] = $1 }
      return records.compactMap { record -> Observed? in
        if record.isMark { return nil }
        let observed = Observed(zone: zone.id, live: record, mark: marks[record.markName], health: health)
        // Those that every zone has of its own accord go with it; any other keeps it from being deleted.
        let isZones = record.name == zone.zone && ["NS", "SOA"].contains(record.type)
        return isZones && !wanted.contains(record.key) ? nil : observed
      }
    }.flatMap(\.self)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let record = try desired.live
    do throws(CallError) {
      // The record is created and not overwritten: one that turned up since the observation is not ours. The mark may be
      // left over from a record that somebody deleted.
      try await change(
        [("CREATE", record), ("UPSERT", record.mark(for: desired.owner))], in: try desired.zone.now(), aws)
    } catch let error where error.code == "InvalidChangeBatch" {
      throw error.sorted
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    let record = try desired.live
    try await change([("UPSERT", record)], in: observed.zone, aws)
  }

  /// A delete names the values too. When they have moved since the observation, or one of the two is gone, Route 53 refuses
  /// the batch; what is still there is then read again and deleted if it is still ours.
  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    do throws(CallError) {
      try await remove([observed.live, observed.mark].compactMap(\.self), from: observed.zone, aws)
    } catch let error where error.code == "InvalidChangeBatch" {
      let records = try await records(of: observed.zone, aws)
      guard let mark = records.first(where: { $0.isMark && $0.name == observed.live.markName }) else { return }
      let record = records.first { $0.key == observed.live.key }
      try await remove([record, mark].compactMap(\.self), from: observed.zone, aws)
    }
  }

  /// One name has a `CNAME` or anything else, and of one type either a single record or one for each role.
  package static func excludes(_ observed: Observed, _ desired: Desired) -> Bool {
    guard desired.zone.known == observed.zone, desired.record == observed.record else { return false }
    return desired.type == observed.type
      ? desired.identifier == nil || observed.identifier == nil || desired.failover == observed.failover
      : desired.type == "CNAME" || observed.type == "CNAME"
  }

  package static func facts(_ observed: Observed) -> Facts {
    let key = key(zone: observed.zone, observed.live.key)
    return Facts(id: key, key: key, owner: observed.owner, health: observed.health)
  }
}

extension CallError {
  /// Route 53 has one code for all that can be wrong with a batch; its words tell them apart.
  fileprivate var sorted: CallError {
    var told = self
    if message.contains("but it already exists") {
      told.category = .alreadyExists
    } else if message.contains("conflict") || message.contains("with the same name and type") {
      // The old record of another type or routing, whose turn to go may not have come yet.
      told.category = .conflict
    }
    return told
  }
}

// MARK: Calls

extension RecordSet {
  /// All records of a zone.
  static func records(of zone: String, _ aws: AWS) async throws(CallError) -> [LiveRecord] {
    try await aws.all(Route53.listResourceRecordSets, .init(hostedZoneId: zone), \.resourceRecordSets)
      .map(LiveRecord.init)
  }

  static func remove(_ records: [LiveRecord], from zone: String, _ aws: AWS) async throws(CallError) {
    try await change(records.map { ("DELETE", $0) }, in: zone, aws)
  }

  /// One batch: all of it or nothing.
  private static func change(
    _ changes: [(action: String, record: LiveRecord)], in zone: String, _ aws: AWS
  ) async throws(CallError) {
    if changes.isEmpty { return }
    let batch = changes.map { Route53.Change(action: $0.action, resourceRecordSet: $0.record.sent) }
    let answer = try await aws(
      Route53.changeResourceRecordSets, .init(hostedZoneId: zone, changeBatch: .init(changes: batch)))
    ChangesInFlight.note(answer.changeInfo, in: zone)
  }
}
