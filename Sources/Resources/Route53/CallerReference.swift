// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit

/// What a zone or a health check is created under, never used for two: `harecon:<stack>@<region>:<id>:<generation>`.
///
/// The id is a zone's address; a health check's reference has half the room, and a digest of the address in its place.
struct CallerReference: Hashable {
  let stack: String
  /// The stack's; nil where the tags do not say.
  let region: String?
  fileprivate(set) var id: String
  var generation = 0

  /// nil without owner tags.
  init?(tags: [String: String]) {
    guard let stack = tags[OwnerTag.stack], let id = tags[OwnerTag.id] else { return nil }
    self.stack = stack
    self.id = id
    region = tags[OwnerTag.region]
  }

  /// nil when it is not one of harecon's.
  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "harecon", let generation = Int(parts[3]) else { return nil }
    let names = parts[1].split(separator: "@", maxSplits: 1)
    guard let first = names.first else { return nil }
    stack = String(first)
    region = names.dropFirst().first.map(String.init)
    id = String(parts[2])
    self.generation = generation
  }

  var text: String { "harecon:\(stack)\(region.map { "@\($0)" } ?? ""):\(id):\(generation)" }

  /// - Parameter home: the region of the client that asks.
  func owner(in home: String) -> Owner {
    if let region, region != home { return .stack("\(stack) in \(region)", id: id) }
    return .stack(stack, id: id)
  }
}

// MARK: Health checks

extension CallerReference {
  /// Characters that Route 53 takes for a health check.
  static let longestOfHealthCheck = 64

  /// nil without owner tags.
  init?(healthCheck tags: [String: String]) {
    self.init(tags: tags)
    id = Self.digest(id)
  }

  private static func digest(_ address: String) -> String { String(Digest.hex(Digest.sha256(address)).prefix(16)) }

  /// Made for the same address of the same stack.
  func isSibling(of other: CallerReference) -> Bool {
    stack == other.stack && region == other.region && id == other.id
  }

  /// Whose an untagged check is: that of the wanted address with its digest, or else one that the spec no longer has.
  func ownerOfHealthCheck(among wanted: [String], in home: String) -> Owner {
    var named = self
    named.id = wanted.first { Self.digest($0) == id } ?? Address(HealthCheck.name, id).description
    return named.owner(in: home)
  }
}
