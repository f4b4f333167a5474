// SPDX-License-Identifier: Apache-2.0

/// The name of a kind of resource, service first: `ec2/vpc`, `rds/cluster`.
package struct KindName: Sendable, Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }

  package init(stringLiteral value: String) {
    description = value
  }

  /// The part before the slash: the unit of concurrency limits.
  package var service: String {
    String(description.prefix { $0 != "/" })
  }

  package static func < (a: KindName, b: KindName) -> Bool {
    a.description.utf8.lexicographicallyPrecedes(b.description.utf8)
  }
}

/// A resource's place in the desired graph, for example `rds/cluster.main`; the same in every run.
///
/// Its text is the value of the tag `harecon:id`.
package struct Address: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let kind: KindName
  package let name: String

  package init(_ kind: KindName, _ name: String) {
    self.kind = kind
    self.name = name
  }

  /// Reads `kind.name`; nil when there is no dot with something on both sides.
  package init?(parsing text: String) {
    guard let dot = text.firstIndex(of: "."), dot != text.startIndex, text.index(after: dot) != text.endIndex else {
      return nil
    }
    self.init(KindName(String(text[..<dot])), String(text[text.index(after: dot)...]))
  }

  package var description: String { "\(kind).\(name)" }

  package static func < (a: Address, b: Address) -> Bool {
    (a.kind, a.name) < (b.kind, b.name)
  }
}

/// Something a resource publishes once it exists, for example `ec2/vpc.main` / `id`.
package struct OutputID: Sendable, Hashable, CustomStringConvertible {
  package let address: Address
  package let output: String

  package init(_ address: Address, _ output: String) {
    self.address = address
    self.output = output
  }

  package var description: String { "\(address).\(output)" }
}
