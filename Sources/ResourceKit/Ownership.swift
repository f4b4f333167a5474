// SPDX-License-Identifier: Apache-2.0

package import Core

/// The tags by which harecon knows its own.
package enum OwnerTag {
  package static let stack = "harecon:stack"
  package static let id = "harecon:id"
  /// The stack's region, on what belongs to no region (roles, hosted zones): stacks in two regions may have one name.
  package static let region = "harecon:region"
  /// The keys of the other tags that harecon set, sorted and joined by spaces, so that a key taken out of the spec is noticed.
  package static let keys = "harecon:keys"

  /// The tags of a resource: the spec's own, the owner's, and the memory of which are ours.
  package static func tags(stack: String, address: Address, _ others: [String: String]) -> [String: String] {
    var tags = others
    tags[Self.stack] = stack
    tags[id] = address.description
    if !others.isEmpty { tags[keys] = others.keys.sorted().joined(separator: " ") }
    return tags
  }

  /// Whose a resource that belongs to no region is: the stack of that name in another region is another stack.
  ///
  /// - Parameter region: that of the client that asks.
  package static func owner(_ tags: [String: String], in region: String) -> Owner {
    guard let home = tags[Self.region], home != region, let stack = tags[Self.stack] else { return owner(tags) }
    return .stack("\(stack) in \(home)", id: tags[id])
  }

  /// Whose a resource with these tags is.
  package static func owner(_ tags: [String: String]) -> Owner {
    guard let stack = tags[Self.stack] else { return .nobody }
    return .stack(stack, id: tags[id])
  }
}

/// What to send so that a resource's tags become the desired ones; tags of others and of AWS (`aws:`) stay.
package struct TagChanges: Sendable, Hashable {
  /// To be set, in the order of their keys.
  package let set: [(key: String, value: String)]
  /// To be removed: keys that harecon once set and no longer wants.
  package let remove: [String]

  package init(from observed: [String: String], to desired: [String: String]) {
    set = desired.filter { observed[$0.key] != $0.value }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let ours = Set((observed[OwnerTag.keys] ?? "").split(separator: " ").map(String.init)).union([OwnerTag.keys])
    remove = observed.keys.filter { ours.contains($0) && desired[$0] == nil }.sorted()
  }

  package static func == (a: TagChanges, b: TagChanges) -> Bool {
    a.remove == b.remove && a.set.elementsEqual(b.set, by: ==)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(remove)
    for tag in set {
      hasher.combine(tag.key)
      hasher.combine(tag.value)
    }
  }
}
