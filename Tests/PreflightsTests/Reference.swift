// SPDX-License-Identifier: Apache-2.0

import AWSClient
import Blueprint
import Core
import FoundationEssentials
import Spec
import Testing

/// The reference stack and plans for it.
enum Reference {
  static func graph() throws -> Graph { try whole.get() }

  private static let whole = Result { try graph { $0 } }

  /// - Parameter change: what is to be different in the spec's text.
  static func graph(_ change: (String) -> String) throws -> Graph {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = String(decoding: try Data(contentsOf: root.appending(path: "specs/payments.yaml")), as: UTF8.self)
    let changed = change(text)
    let (stack, _) = try SpecFile.stack(Array(changed.utf8), file: "specs/payments.yaml")
    return StackBlueprint(stack).graph
  }

  /// A plan of these changes and no others.
  static func plan(_ changes: [ResourceChange]) -> Plan {
    Plan(
      stack: "payments", account: "111122223333", region: "us-east-1", specDigest: "", sightings: [:],
      changes: changes, steps: [])
  }

  /// A plan that makes everything of the graph.
  static func making(_ graph: Graph) -> Plan {
    plan(
      graph.sorted.map { resource in
        ResourceChange(address: resource.address, action: .create, origin: resource.origin)
      })
  }

  /// A plan that finds everything as it should be.
  static func leaving(_ graph: Graph) -> Plan {
    plan(graph.sorted.map { ResourceChange(address: $0.address, action: .noOp) })
  }
}

/// One change by its address: `change("rds/cluster.main", .update, "engineVersion")`.
func change(
  _ address: String, _ action: Action, _ attribute: String? = nil, _ old: Value = .null, _ new: Value = .null
) throws -> ResourceChange {
  let attributes = attribute.map {
    [AttributeChange(name: $0, old: old, new: new, mutability: .inPlace(), disruption: .none)]
  }
  return ResourceChange(
    address: try #require(Address(parsing: address)), action: action, attributes: attributes ?? [])
}

func observation(_ id: String, _ health: Health = .ready) -> Observation {
  Observation(id: id, key: id, owner: .nobody, values: [], outputs: [:], health: health, opaque: id)
}
