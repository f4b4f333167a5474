// SPDX-License-Identifier: Apache-2.0

/// Things that need each other in a circle, each needing the next and the last the first.
struct Cycle<Node: Hashable & Comparable & Sendable>: Error, Hashable {
  let nodes: [Node]
}

/// All nodes, each after what it needs; among equals the smallest first, so that the order is the same in every run.
///
/// Needs that are not themselves keys of `needs` are ignored.
func topologicalOrder<Node: Hashable & Comparable & Sendable>(
  _ needs: [Node: Set<Node>]
) throws(Cycle<Node>) -> [Node] {
  var missing = needs.mapValues { $0.count { needs[$0] != nil } }
  var dependants: [Node: [Node]] = [:]
  for (node, needed) in needs {
    for other in needed where needs[other] != nil { dependants[other, default: []].append(node) }
  }
  var ready = missing.filter { $0.value == 0 }.keys.sorted(by: >)
  var order: [Node] = []
  order.reserveCapacity(needs.count)
  while let node = ready.popLast() {
    order.append(node)
    for dependant in dependants[node] ?? [] {
      let left = (missing[dependant] ?? 0) - 1
      missing[dependant] = left
      if left == 0 { insert(dependant, into: &ready) }
    }
  }
  guard order.count == needs.count else { throw cycle(in: needs, outside: Set(order)) }
  return order
}

/// Keeps `ready` sorted with the smallest last.
private func insert<Node: Comparable>(_ node: Node, into ready: inout [Node]) {
  var low = 0
  var high = ready.count
  while low < high {
    let middle = (low + high) / 2
    if ready[middle] > node { low = middle + 1 } else { high = middle }
  }
  ready.insert(node, at: low)
}

/// Every node that is left over needs another one that is left over: following them must come back.
private func cycle<Node: Hashable & Comparable & Sendable>(
  in needs: [Node: Set<Node>], outside done: Set<Node>
) -> Cycle<Node> {
  var path: [Node] = []
  var next = needs.keys.filter { !done.contains($0) }.min()
  while let node = next {
    if let start = path.firstIndex(of: node) {
      let circle = Array(path[start...])
      let first = circle.indices.min { circle[$0] < circle[$1] } ?? 0
      return Cycle(nodes: Array(circle[first...] + circle[..<first]))
    }
    path.append(node)
    next = needs[node, default: []].filter { needs[$0] != nil && !done.contains($0) }.min()
  }
  return Cycle(nodes: path)
}
