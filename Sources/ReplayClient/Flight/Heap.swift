// SPDX-License-Identifier: Apache-2.0

/// Gives the least of its items first.
struct Heap<Item: Comparable & Sendable>: Sendable {
  private var items: [Item] = []

  var first: Item? { items.first }

  mutating func insert(_ item: Item) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  @discardableResult
  mutating func removeFirst() -> Item? {
    guard let last = items.popLast() else { return nil }
    guard let first = items.first else { return last }
    items[0] = last
    var parent = 0
    while let child = [2 * parent + 1, 2 * parent + 2].filter({ $0 < items.count }).min(by: { items[$0] < items[$1] }),
      items[child] < items[parent]
    {
      items.swapAt(child, parent)
      parent = child
    }
    return first
  }

  /// All items, in no order; the heap is empty afterwards.
  mutating func removeAll() -> [Item] {
    defer { items = [] }
    return items
  }
}
