// SPDX-License-Identifier: Apache-2.0

package import Core
internal import ResourceKit
package import Spec

/// Everything that a spec asks for, as a graph of resources.
///
/// One blueprint per concern below it. Each holds its resources as typed nodes, so that the next one can refer to what they
/// publish; most of the graph's edges are read off those references. What has to be made first for another reason is an
/// explicit edge, with the reason beside it.
package struct StackBlueprint {
  private let scope: Scope

  /// - Precondition: `stack` has passed the rules of the spec.
  package init(_ stack: Stack) {
    scope = Scope(stack)
  }

  package var graph: Graph {
    let network = NetworkBlueprint(scope)
    let encryption = EncryptionBlueprint(scope)
    let database = DatabaseBlueprint(scope, network, encryption)
    let dns = DNSBlueprint(scope, network, database)
    return Graph(
      stack: scope.stack.name, network.resources + encryption.resources + database.resources + dns.resources)
  }
}
