// SPDX-License-Identifier: Apache-2.0

package import AWSClient
package import Core
package import ResourceKit

/// Every kind that harecon knows: the types in this folder, found by `make generate`.
package enum Registry {
  /// Each after the kinds it follows; by name among equals.
  package static let all: [any ResourceKind.Type] = ordered(found)

  /// The kinds as the engine sees them, bound to a client.
  package static func kinds(_ aws: AWS) -> [Kind] {
    all.map { Kind($0, aws) }
  }

  /// - Precondition: no kind follows itself, however indirectly.
  static func ordered(_ kinds: [any ResourceKind.Type]) -> [any ResourceKind.Type] {
    var waiting = kinds.sorted { $0.name < $1.name }
    let known = Set(kinds.map { $0.name })
    var placed: Set<KindName> = []
    var order: [any ResourceKind.Type] = []
    while !waiting.isEmpty {
      let next = waiting.firstIndex { kind in
        kind.follows.allSatisfy { placed.contains($0) || !known.contains($0) }
      }
      guard let next else {
        preconditionFailure("these kinds follow each other in a circle: \(waiting.map { $0.name })")
      }
      let kind = waiting.remove(at: next)
      placed.insert(kind.name)
      order.append(kind)
    }
    return order
  }
}
