// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRoute53
package import AWSClient
package import Core
package import ResourceKit

// aws: route53 CreateHostedZone ListHostedZones GetHostedZone UpdateHostedZoneComment DeleteHostedZone
// aws: route53 AssociateVPCWithHostedZone ListTagsForResources ChangeTagsForResource
// aws: route53 ListResourceRecordSets ChangeResourceRecordSets

/// A private zone: names that only the networks associated with it can resolve.
///
/// Networks that others associate stay. Applications know the zone's names, so that only `destroy` deletes it, and not while it
/// holds records that harecon did not make.
///
/// Zones of the same name may exist many times; ours is the one with our tags. Tags cannot be given at creation: until they are
/// on, the zone's caller reference, which names stack and resource, proves whose it is. Route 53 remembers the references of
/// deleted zones for days; a zone made again takes the next number.
package enum HostedZone: ResourceKind {
  package static let name: KindName = "route53/hosted-zone"
  package static let identity = Identity.tag
  package static let holdsData = true
  package static let follows: [KindName] = ["ec2/vpc"]
  package static let patience = Patience(ready: .seconds(300))

  package struct Desired: Sendable {
    /// Lower case, no dot at the end.
    package var zone: String
    package var vpcs: [Input<String>]
    package var comment: String
    package var tags: [String: String]

    package init(zone: String, vpcs: [Input<String>], comment: String, tags: [String: String]) {
      self.zone = DNSName.normalised(zone)
      self.vpcs = vpcs
      self.comment = comment
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    package let zone: String
    let reference: String
    let vpcs: [String]
    let comment: String
    let health: Health
    package let tags: [String: String]
    /// The region that was asked from: zones belong to none.
    let seenFrom: String

    /// By the tags; a zone without any is on its way from creation to its tags, and its reference tells.
    var owner: Owner {
      tags.isEmpty ? CallerReference(reference)?.owner(in: seenFrom) ?? .nobody : OwnerTag.owner(tags, in: seenFrom)
    }
  }

  package static let isGlobal = true

  package static let attributes: [Attribute<Self>] = [
    Attribute(
      "zone", \.zone, \.zone,
      .refuse(wayOut: "a zone keeps its name: applications use it; put the old name back, or build another stack")),
    Attribute("vpcs", \.vpcs, \.vpcs, equality: .subset),
    Attribute("comment", \.comment, \.comment),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id)]

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let names = Set(query.desired.map(\.zone))
    let candidates = try await aws.all(
      Route53.listHostedZones, .init(hostedZoneType: "PrivateHostedZone"), \.hostedZones
    ).filter { zone in
      guard zone.config?.privateZone == true else { return false }
      return CallerReference(zone.callerReference ?? "")?.stack == query.stack
        || names.contains(DNSName.normalised(zone.name ?? ""))
    }
    let ids = candidates.compactMap(\.id).map(ChangesInFlight.bare)
    if ids.isEmpty { return [] }
    let (tags, zones) = try await both(
      { () async throws(CallError) in try await Route53.tags(of: ids, .hostedZone, aws) },
      { () async throws(CallError) in
        try await ids.concurrently { (id) async throws(CallError) in
          try await ifThere { () async throws(CallError) in
            (try await aws(Route53.getHostedZone, .init(id: id)), try await ChangesInFlight.health(of: id, aws))
          }
        }
      })
    let observed = zip(ids, zones).compactMap { id, answer -> Observed? in
      guard let (zone, health) = answer else { return nil }
      return Observed(
        id: id, zone: DNSName.normalised(zone.hostedZone?.name ?? ""),
        reference: zone.hostedZone?.callerReference ?? "", vpcs: (zone.vpcs ?? []).compactMap(\.vpcId),
        comment: zone.hostedZone?.config?.comment ?? "", health: health, tags: tags[id] ?? [:],
        seenFrom: aws.region)
    }
    return observed.filter { zone in
      if case .stack(query.stack, _) = zone.owner { true } else { false }
    }
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    guard var reference = CallerReference(tags: desired.tags), let vpc = desired.vpcs.first else {
      throw CallError(.invalid, code: "Incomplete", message: "a private zone needs owner tags and a network")
    }
    let network = Route53.VPC(vpcRegion: aws.region, vpcId: try vpc.now())
    var live: Set<String>?
    while true {
      do throws(CallError) {
        let answer = try await aws(
          Route53.createHostedZone,
          .init(
            name: desired.zone, callerReference: reference.text, vpc: network,
            hostedZoneConfig: .init(comment: desired.comment, privateZone: true)))
        let id = ChangesInFlight.bare(answer.hostedZone?.id ?? "")
        ChangesInFlight.note(answer.changeInfo, in: id)
        try await Route53.retag(id, .hostedZone, from: [:], to: desired.tags, aws)
        return
      } catch let error where error.code == "HostedZoneAlreadyExists" {
        // A live zone with the reference is ours, from an answer that was lost: the engine finds it. Otherwise the
        // reference is that of a deleted zone.
        let references: Set<String>
        if let live {
          references = live
        } else {
          let zones = try await aws.all(Route53.listHostedZones, .init(), \.hostedZones)
          references = Set(zones.compactMap(\.callerReference))
        }
        live = references
        if references.contains(reference.text) { throw error }
        reference.generation += 1
      }
    }
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.vpcs) {
      for vpc in try desired.vpcs.now() where !observed.vpcs.contains(vpc) {
        let answer = try await aws(
          Route53.associateVPCWithHostedZone,
          .init(hostedZoneId: observed.id, vpc: .init(vpcRegion: aws.region, vpcId: vpc)))
        ChangesInFlight.note(answer.changeInfo, in: observed.id)
      }
    }
    if changes.contains(\.comment) {
      _ = try await aws(Route53.updateHostedZoneComment, .init(id: observed.id, comment: desired.comment))
    }
    if changes.contains(\.tags) {
      try await Route53.retag(observed.id, .hostedZone, from: observed.tags, to: desired.tags, aws)
    }
  }

  /// A zone with records left is not deleted, and the records are named; marks whose records are gone are no one's and go.
  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    do throws(CallError) {
      _ = try await aws(Route53.deleteHostedZone, .init(id: observed.id))
    } catch let error where error.code == "HostedZoneNotEmpty" {
      let records = try await RecordSet.records(of: observed.id, aws)
      let others = records.filter { !$0.isMark && !($0.name == observed.zone && ["NS", "SOA"].contains($0.type)) }
      guard others.isEmpty else {
        var told = error
        told.message = "\"\(observed.zone)\" still holds \(named(others)): delete what harecon did not make there first"
        throw told
      }
      try await RecordSet.remove(records.filter(\.isMark), from: observed.id, aws)
      _ = try await aws(Route53.deleteHostedZone, .init(id: observed.id))
    }
  }

  /// The first three by name and type, the rest by number.
  private static func named(_ records: [RecordSet.LiveRecord]) -> String {
    let shown = records.prefix(3).map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    return shown + (records.count > 3 ? " and \(records.count - 3) more" : "")
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.id, owner: observed.owner, health: observed.health)
  }
}
