// SPDX-License-Identifier: Apache-2.0

package import Core

/// A desired resource of a known kind, as a blueprint holds it.
package struct Node<Kind: ResourceKind>: Sendable {
  package let address: Address
  package let desired: Kind.Desired

  /// - Parameter name: the logical name within the stack, `main` or `a`.
  package init(_ name: String, _ desired: Kind.Desired) {
    address = Address(Kind.name, name)
    self.desired = desired
  }

  /// A typed reference to something this resource will publish.
  ///
  /// - Precondition: the kind lists the path among its outputs.
  package func output<T: AttributeValue>(_ path: any KeyPath<Kind.Observed, T> & Sendable) -> Input<T> {
    guard let output = Kind.outputs.first(where: { $0.path == path }) else {
      preconditionFailure("\(Kind.name) does not list this path among its outputs")
    }
    return .output(OutputID(address, output.name))
  }

  /// The same for what AWS publishes only after a while: it stays unknown until then.
  ///
  /// - Precondition: the kind lists the path among its outputs.
  package func output<T: AttributeValue>(_ path: any KeyPath<Kind.Observed, T?> & Sendable) -> Input<T> {
    guard let output = Kind.outputs.first(where: { $0.path == path }) else {
      preconditionFailure("\(Kind.name) does not list this path among its outputs")
    }
    return .output(OutputID(address, output.name))
  }

  /// The resource as the engine sees it.
  ///
  /// - Parameters:
  ///   - after: resources that must be ready first although no value of theirs is used.
  ///   - origin: the place in the spec that asks for it.
  package func resource(after: Set<Address> = [], origin: SourceSpan? = nil) -> DesiredResource {
    DesiredResource(desired, of: Kind.self, at: address, after: after, origin: origin)
  }
}
