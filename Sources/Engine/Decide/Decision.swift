// SPDX-License-Identifier: Apache-2.0

package import Core

/// A plan together with what it was decided from, as the applier needs it; never leaves the process.
package struct Decision: Sendable {
  package let plan: Plan
  package let graph: Graph
  /// What is desired, with every output in place that exists and stays.
  let desired: [Address: DesiredResource]
  /// What is there, orphans too.
  let live: [Address: Observation]
  /// What holds data and is absent while other resources of the stack are there. A plan makes it anew, and empty; nothing
  /// but a person's word does.
  var lost: Set<Address> = []
}

extension Graph {
  /// The graph's addresses, each after what it needs.
  func order(_ kinds: [KindName: Kind]) throws(Stop) -> [Address] {
    var problems: [Diagnostic] = []
    for resource in sorted {
      if kinds[resource.address.kind] == nil {
        problems.append(.unknownKind(resource.address, origin: resource.origin))
      }
      for needed in resource.needs.sorted() where resources[needed] == nil {
        problems.append(.unknownDependency(resource.address, needed, origin: resource.origin))
      }
    }
    guard problems.isEmpty else { throw Stop(.invalid, problems) }
    do throws(Cycle<Address>) {
      return try topologicalOrder(resources.mapValues(\.needs))
    } catch {
      throw Stop(.invalid, [.cycle(error.nodes.map(\.description))])
    }
  }

  /// These and everything that needs one of them, directly or through others.
  ///
  /// - Parameter order: the graph's addresses, each after what it needs.
  func closure(of addresses: Set<Address>, in order: [Address]) -> Set<Address> {
    order.reduce(into: addresses) { found, address in
      if resources[address]?.needs.isDisjoint(with: found) == false { found.insert(address) }
    }
  }

  /// The same on any machine: addresses, what each needs, and every value; secrets sealed.
  func digest(_ kinds: [KindName: Kind]) -> String {
    var canonical = Canonical()
    canonical.append("harecon/graph/v1")
    canonical.append(stack)
    for resource in sorted {
      canonical.append(resource.address.description)
      canonical.append(resource.needs.sorted().map(\.description))
      for (schema, value) in zip(kinds[resource.address.kind]?.schema ?? [], resource.values) {
        canonical.append(schema.name)
        canonical.append(
          schema.traits.contains(.sensitive)
            ? Seal.seal(value, at: resource.address, schema.name) : schema.equality.canonical(value))
      }
    }
    return Digest.hex(Digest.sha256(canonical.bytes))
  }
}
