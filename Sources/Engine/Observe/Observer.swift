// SPDX-License-Identifier: Apache-2.0

package import Core

/// Looks at everything: one listing per kind, all at once, a kind after the parent whose observations it needs.
package struct Observer: Sendable {
  private let kinds: [Kind]

  package init(_ kinds: [Kind]) {
    self.kinds = kinds
  }

  /// Kinds of which nothing is desired are looked at too: what was once made is found there.
  package func observe(_ graph: Graph) async -> World {
    let known = Set(kinds.map(\.name))
    let children = Dictionary(grouping: kinds) { kind in kind.parent.flatMap { known.contains($0) ? $0 : nil } }
    let shared = Look()
    return await withTaskGroup(of: Listing.self) { group in
      var world = World()
      func look(at kind: Kind, below parents: [Observation]) {
        let lookup = Lookup(
          stack: graph.stack, desired: graph.ofKind(kind.name), parents: parents, look: shared)
        group.addTask { await Listing(of: kind, lookup) }
      }
      for kind in children[nil] ?? [] { look(at: kind, below: []) }
      while let listing = await group.next() {
        switch listing.result {
        case .success(let observations):
          world.observations[listing.kind] = observations
          for child in children[listing.kind] ?? [] { look(at: child, below: observations) }
        case .failure(let error):
          world.failures[listing.kind] = error
          world.unseen.formUnion(Self.descendants(of: listing.kind, in: children))
        }
      }
      return world
    }
  }

  private static func descendants(of kind: KindName, in children: [KindName?: [Kind]]) -> Set<KindName> {
    var found: Set<KindName> = []
    var open = [kind]
    while let next = open.popLast() {
      for child in children[next] ?? [] where found.insert(child.name).inserted { open.append(child.name) }
    }
    return found
  }
}

private struct Listing: Sendable {
  let kind: KindName
  let result: Result<[Observation], CallError>

  init(of kind: Kind, _ lookup: Lookup) async {
    self.kind = kind.name
    do throws(CallError) {
      result = .success(try await kind.observe(lookup))
    } catch {
      result = .failure(error)
    }
  }
}
