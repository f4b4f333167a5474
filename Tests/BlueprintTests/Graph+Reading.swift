// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

/// What the resources of a graph say, attribute by attribute.
extension Graph {
  func resource(_ address: String) throws -> DesiredResource {
    let parsed = try #require(Address(parsing: address))
    return try #require(resources[parsed], "\(address) is not in the graph")
  }

  /// The value of an attribute.
  func value(_ address: String, _ attribute: String) throws -> Value {
    let resource = try resource(address)
    let names = try #require(resource.address.kind.attributes)
    let index = try #require(names.firstIndex(of: attribute), "\(address) has no attribute \(attribute)")
    return resource.values[index]
  }

  func text(_ address: String, _ attribute: String) throws -> String {
    try #require(String(try value(address, attribute)), "\(attribute) of \(address) is no text")
  }

  /// Whether it needs the other, directly or not.
  func isMade(_ address: Address, after other: Address) -> Bool {
    let needs = resources[address]?.needs ?? []
    return needs.contains(other) || needs.contains { isMade($0, after: other) }
  }

  /// The statements of a policy, of a resource's own or of one of a role's.
  func statements(_ address: String, _ attribute: String, _ policy: String? = nil) throws -> [JSON] {
    var value = try value(address, attribute)
    if let policy { value = try #require(value[policy]) }
    let document = try JSON(parsing: try #require(String(value)))
    return try #require(document["Statement"]?.array)
  }
}

extension Value {
  subscript(_ member: String) -> Value? {
    guard case .map(let members) = self else { return nil }
    return members[member]
  }

  var text: String? { String(self) }

  var items: [Value] {
    guard case .list(let items) = self else { return [] }
    return items
  }

  /// The same with a text where something is not known yet, so that it can be written as JSON.
  var withNames: JSON {
    switch self {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(number)
    case .double(let number): .double(number)
    case .string(let text): .string(text)
    case .list(let items): .array(items.map(\.withNames))
    case .map(let members): .object(JSONObject(members.map { (key: $0.key, value: $0.value.withNames) }))
    case .unknown(let id): .string("<\(id)>")
    case .sealed: .string("<sealed>")
    }
  }
}

extension JSON {
  /// A text, or several.
  var texts: [String] { string.map { [$0] } ?? (array ?? []).compactMap(\.string) }
}
