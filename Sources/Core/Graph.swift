// SPDX-License-Identifier: Apache-2.0

/// Everything that one stack should consist of.
package struct Graph: Sendable {
  package let stack: String
  package private(set) var resources: [Address: DesiredResource]

  package init(stack: String, _ resources: [DesiredResource] = []) {
    self.stack = stack
    self.resources = [:]
    for resource in resources { add(resource) }
  }

  /// - Precondition: no resource with this address is in the graph yet.
  package mutating func add(_ resource: DesiredResource) {
    precondition(resources[resource.address] == nil, "\(resource.address) is in the graph twice")
    resources[resource.address] = resource
  }

  /// Sorted by address, for everything that people read.
  package var sorted: [DesiredResource] {
    resources.values.sorted { $0.address < $1.address }
  }

  package func ofKind(_ kind: KindName) -> [DesiredResource] {
    sorted.filter { $0.address.kind == kind }
  }
}
