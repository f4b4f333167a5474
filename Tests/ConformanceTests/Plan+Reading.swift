// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Testing

@testable import Engine

extension Plan {
  func change(at address: Address) -> ResourceChange? { changes.first { $0.address == address } }

  /// Everything that the plan does, if it does nothing but update: address → attributes in their order.
  var updates: [Address: [String]]? {
    let busy = changes.filter { $0.action != .noOp }
    guard busy.allSatisfy({ $0.action == .update }) else { return nil }
    return Dictionary(uniqueKeysWithValues: busy.map { ($0.address, $0.attributes.map(\.name)) })
  }

  /// Whether the resource is made anew because of that attribute, or, where the attribute is part of what it is known by,
  /// another one takes its place and the old one is deleted.
  func replaces(_ address: Address, named attribute: String) -> Bool {
    guard let change = change(at: address) else { return false }
    if case .replace = change.action { return change.attributes.contains { $0.name == attribute } }
    let goes = changes.contains { $0.action == .delete && $0.address.kind == address.kind }
    return change.action != .noOp && goes
  }

  /// For messages of failed expectations.
  var summary: String {
    changes.filter { $0.action != .noOp }.map { change in
      let attributes = change.attributes.map { "\($0.name): \($0.old) → \($0.new)" }.joined(separator: "; ")
      return "\(change.action) \(change.address) [\(attributes)]"
    }.joined(separator: ", ")
  }
}

extension AttributeSchema {
  var isInPlace: Bool { if case .inPlace = mutability { true } else { false } }

  /// An earlier value is left in place when the spec goes back: others may have set it, or it never goes backwards.
  var keepsTheOld: Bool {
    equality == .subset || traits.contains(.neverBackwards) || traits.contains(.serverDefaulted)
  }
}

extension ResourceKind {
  static var schema: [AttributeSchema] { attributes.map(\.schema) }
}

extension Sample {
  /// As desired, before anything is known of other resources.
  func value(of attribute: String) -> Value? {
    schema.firstIndex { $0.name == attribute }.map { desired.values[$0] }
  }
}

extension Stage {
  /// The sample's live resource.
  func theOne(of sample: Sample) async throws -> Observation {
    try #require(try await plan(sample.resources()).live[sample.desired.address])
  }
}
