// SPDX-License-Identifier: Apache-2.0

package import Core

/// The tags by which harecon knows its own.
package enum OwnerTag {
  package static let stack = "harecon:stack"
  package static let id = "harecon:id"
  /// The stack's region, on what belongs to no region (roles, hosted zones): stacks in two regions may have one name.
  package static let region = "harecon:region"

  /// The tags of a resource: the spec's own, the owner's, and the memory of which are ours.
  package static func tags(stack: String, address: Address, _ others: [String: String]) -> [String: String] {
    var tags = others.merging(TagMemory.tags(for: others.keys)) { _, memory in memory }
    tags[Self.stack] = stack
    tags[id] = address.description
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
    let ours = TagMemory.keys(in: observed)
    remove = observed.keys.filter { ours.contains($0) && desired[$0] == nil }.sorted()
  }

  /// Whether they are as desired.
  package var isEmpty: Bool { remove.isEmpty && set.isEmpty }

  /// What one call of a series sends.
  package struct Batch: Sendable {
    package fileprivate(set) var set: [(key: String, value: String)] = []
    package fileprivate(set) var remove: [String] = []
  }

  /// The same for a service that takes only so many tags in one call.
  ///
  /// The series may end after any call without harm: keys go before they are forgotten, and whose the resource is stands
  /// in the first call that sets anything.
  package func batches(of size: Int) -> [Batch] {
    let removals = Self.chunks(remove.filter { !TagMemory.isPart($0) } + remove.filter(TagMemory.isPart), of: size)
    let isOwners = { (tag: (key: String, value: String)) in
      [OwnerTag.stack, OwnerTag.id, OwnerTag.region].contains(tag.key)
    }
    let additions = Self.chunks(set.filter(isOwners) + set.filter { !isOwners($0) }, of: size)
    var batches = removals.map { Batch(remove: $0) }
    for (index, addition) in additions.enumerated() {
      // One call does both where the two series meet.
      if index == 0, let last = batches.indices.last {
        batches[last].set = addition
      } else {
        batches.append(Batch(set: addition))
      }
    }
    return batches
  }

  private static func chunks<T>(_ items: [T], of size: Int) -> [[T]] {
    stride(from: 0, to: items.count, by: size).map { Array(items[$0..<min($0 + size, items.count)]) }
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
