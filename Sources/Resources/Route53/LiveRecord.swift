// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIRoute53
internal import AWSClient
package import Core
internal import ResourceKit

extension RecordSet {
  /// A record as Route 53 holds it, or is to hold it.
  struct LiveRecord: Sendable, Hashable {
    /// What a record is known by in its zone.
    struct Name: Hashable {
      let name: String
      let type: String
      /// Where several records have one name and type.
      let identifier: String?
    }

    let name: String
    let type: String
    let routing: Routing?
    /// nil for an alias.
    let ttl: Int?
    /// As people write them.
    let values: [String]
    /// What Route 53 gave, whole, to be given back word for word in a delete: somebody may have made it an alias.
    let given: Fields?

    init(name: String, type: String, ttl: Int, values: [String], routing: Routing? = nil) {
      self.name = name
      self.type = type
      self.routing = routing
      self.ttl = ttl
      self.values = values
      given = nil
    }

    init(_ live: Route53.ResourceRecordSet) {
      let type = live.type ?? ""
      let values = (live.resourceRecords ?? []).compactMap(\.value)
      self.type = type
      name = DNSName.normalised(live.name ?? "")
      routing = live.setIdentifier.map {
        Routing(identifier: $0, failover: live.failover, healthCheck: live.healthCheckId)
      }
      ttl = live.ttl
      given = live.fields
      self.values = values.map { value in
        switch type {
        case "TXT", "SPF": DNSName.text(value)
        case "CNAME", "NS", "PTR": DNSName.normalised(value)
        default: value
        }
      }
    }

    /// In the words of a request.
    var sent: Route53.ResourceRecordSet {
      if let given { return Route53.ResourceRecordSet(fields: given) }
      let isText = type == "TXT" || type == "SPF"
      let values = isText ? self.values.map(DNSName.quoted) : self.values
      return Route53.ResourceRecordSet(
        name: name, type: type, setIdentifier: routing?.identifier, failover: routing?.failover, ttl: ttl,
        resourceRecords: values.map { .init(value: $0) }, healthCheckId: routing?.healthCheck)
    }

    var key: Name { Name(name: name, type: type, identifier: routing?.identifier) }
  }

  /// How a record is chosen among those of its name and type.
  struct Routing: Sendable, Hashable {
    let identifier: String
    /// nil where others route by another rule than failover.
    let failover: String?
    let healthCheck: String?
  }
}

// MARK: Marks

/// Whose a record is, as its mark says.
package struct RecordOwner: Sendable, Hashable {
  let stack: String
  let id: String

  package init(stack: String, address: Address) {
    self.stack = stack
    id = address.description
  }

  /// nil when the mark says nothing that harecon understands.
  init?(_ mark: RecordSet.LiveRecord) {
    var words: [Substring: Substring] = [:]
    for word in (mark.values.first ?? "").split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { words[parts[0]] = parts[1] }
    }
    guard let stack = words[Substring(OwnerTag.stack)], let id = words[Substring(OwnerTag.id)] else { return nil }
    self.stack = String(stack)
    self.id = String(id)
  }

  var text: String { "\(OwnerTag.stack)=\(stack) \(OwnerTag.id)=\(id)" }

  var owner: Owner { .stack(stack, id: id) }
}

extension RecordSet.LiveRecord {
  private static let markPrefix = "_harecon-"

  var isMark: Bool { type == "TXT" && name.hasPrefix(Self.markPrefix) }

  /// The name of the mark beside this record: its type goes into it, since a name may have records of several types and a
  /// `CNAME` suffers no other record of its own name; so does what tells it from others of its name and type.
  var markName: String {
    let stem = name.hasPrefix("*.") ? "_any." + name.dropFirst(2) : name
    return "\(Self.markPrefix)\(type.lowercased())\(identifierInMark).\(stem)"
  }

  /// The identifier where it can be part of a label in any case of its letters, or else a digest of it.
  private var identifierInMark: String {
    guard let identifier = routing?.identifier else { return "" }
    let isPlain =
      identifier.utf8.count <= 40
      && identifier.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
      }
    // A plain one has no underscore, so that none is taken for a digest.
    return isPlain ? "-\(identifier)" : "-_" + Digest.hex(Digest.sha256(identifier)).prefix(32)
  }

  /// The mark that says that this record is the owner's. Nobody resolves it; it may be kept for a day.
  func mark(for owner: RecordOwner) -> RecordSet.LiveRecord {
    RecordSet.LiveRecord(name: markName, type: "TXT", ttl: 86_400, values: [owner.text])
  }
}
