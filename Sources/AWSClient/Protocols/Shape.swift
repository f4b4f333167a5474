// SPDX-License-Identifier: Apache-2.0

/// The form of a value on the wire, from a service model.
package indirect enum Shape: Sendable {
  case boolean
  /// `integer`, `long`
  case integer
  /// `float`, `double`
  case double
  case string
  case blob
  /// nil: the protocol's own format.
  case timestamp(TimestampFormat? = nil)
  case list(ListShape)
  case map(MapShape)
  /// Looked up when needed: structures may contain themselves.
  case structure(@Sendable () -> StructureShape)
  /// Any JSON.
  case document
}

extension Shape {
  package static func list(
    _ element: Shape, name: String? = nil, flattened: Bool = false, namespace: XMLNamespace? = nil
  ) -> Shape {
    .list(ListShape(element: element, elementName: name, isFlattened: flattened, elementNamespace: namespace))
  }

  package static func map(
    _ value: Shape, keyName: String? = nil, valueName: String? = nil, flattened: Bool = false,
    keyNamespace: XMLNamespace? = nil, valueNamespace: XMLNamespace? = nil
  ) -> Shape {
    .map(
      MapShape(
        value: value, keyName: keyName, valueName: valueName, isFlattened: flattened, keyNamespace: keyNamespace,
        valueNamespace: valueNamespace))
  }
}

package struct ListShape: Sendable {
  package var element: Shape
  /// `locationName` of the element.
  package var elementName: String?
  package var isFlattened: Bool
  package var elementNamespace: XMLNamespace?

  package init(
    element: Shape, elementName: String? = nil, isFlattened: Bool = false, elementNamespace: XMLNamespace? = nil
  ) {
    self.element = element
    self.elementName = elementName
    self.isFlattened = isFlattened
    self.elementNamespace = elementNamespace
  }
}

/// Keys are strings in every model.
package struct MapShape: Sendable {
  package var value: Shape
  package var keyName: String?
  package var valueName: String?
  package var isFlattened: Bool
  package var keyNamespace: XMLNamespace?
  package var valueNamespace: XMLNamespace?

  package init(
    value: Shape, keyName: String? = nil, valueName: String? = nil, isFlattened: Bool = false,
    keyNamespace: XMLNamespace? = nil, valueNamespace: XMLNamespace? = nil
  ) {
    self.value = value
    self.keyName = keyName
    self.valueName = valueName
    self.isFlattened = isFlattened
    self.keyNamespace = keyNamespace
    self.valueNamespace = valueNamespace
  }
}

package struct XMLNamespace: Sendable, Hashable {
  package var uri: String
  package var prefix: String?

  package init(_ uri: String, prefix: String? = nil) {
    self.uri = uri
    self.prefix = prefix
  }
}

/// A structure: its members in the model's order, which is the order of `Fields`.
package final class StructureShape: Sendable {
  package let name: String
  package let members: [Member]
  /// The member that is the whole body (`payload` in the model).
  package let payload: Int?
  /// The name of the XML element, where the model gives one to the shape.
  package let elementName: String?
  package let namespace: XMLNamespace?
  /// At most one member is set.
  package let isUnion: Bool
  private let indices: [String: Int]
  private let elementIndices: [String: Int]

  package init(
    _ name: String, _ members: [Member], payload: String? = nil, elementName: String? = nil,
    namespace: XMLNamespace? = nil, isUnion: Bool = false
  ) {
    self.name = name
    self.members = members
    self.elementName = elementName
    self.namespace = namespace
    self.isUnion = isUnion
    let positions = members.enumerated().map { ($0.element.name, $0.offset) }
    let indices = Dictionary(positions, uniquingKeysWith: { first, _ in first })
    self.indices = indices
    self.payload = payload.flatMap { indices[$0] }
    elementIndices = Self.elementIndices(members)
  }

  /// The index of the member that the model calls `name`.
  package func index(of name: String) -> Int? { indices[name] }

  /// The index of the member that stands in an XML element of that name.
  package func index(ofElement name: String) -> Int? { elementIndices[name] }

  /// The elements of a flattened list may bear the list's name or their own.
  private static func elementIndices(_ members: [Member]) -> [String: Int] {
    var indices: [String: Int] = [:]
    for (index, member) in members.enumerated() where member.isInResponseBody {
      if member.traits.contains(.xmlAttribute) { continue }
      if case .list(let list) = member.shape, list.isFlattened, let name = list.elementName { indices[name] = index }
      indices[member.wireName] = index
    }
    return indices
  }

  /// The members that AWS recognises a repeated request by; the caller fills in those that are absent.
  package var idempotencyTokens: [Int] {
    members.indices.filter { members[$0].traits.contains(.idempotencyToken) }
  }
}

package struct Member: Sendable {
  /// As the model has it: `VpcId`.
  package let name: String
  package let shape: Shape
  /// `locationName`
  package let locationName: String?
  package let location: Location
  package let traits: Traits
  /// `queryName`, which goes before `locationName` in the ec2 protocol.
  package let queryName: String?
  package let namespace: XMLNamespace?

  /// Where a REST protocol puts the member.
  package enum Location: String, Sendable, Hashable {
    case body
    case header
    /// All headers whose names start with `locationName`, as a map.
    case headers
    case querystring
    case uri
    case statusCode
  }

  package struct Traits: OptionSet, Sendable, Hashable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let required = Traits(rawValue: 1 << 0)
    package static let idempotencyToken = Traits(rawValue: 1 << 1)
    package static let xmlAttribute = Traits(rawValue: 1 << 2)
    /// A string that holds JSON: in a header it travels in base64.
    package static let jsonValue = Traits(rawValue: 1 << 3)
    /// Part of the host's name: `hostPrefix`.
    package static let hostLabel = Traits(rawValue: 1 << 4)
    package static let streaming = Traits(rawValue: 1 << 5)
  }

  package init(
    _ name: String, _ shape: Shape, as locationName: String? = nil, in location: Location = .body,
    _ traits: Traits = [], queryName: String? = nil, namespace: XMLNamespace? = nil
  ) {
    self.name = name
    self.shape = shape
    self.locationName = locationName
    self.location = location
    self.traits = traits
    self.queryName = queryName
    self.namespace = namespace
  }

  /// An answer has no address: what a request puts there stands in its body.
  var isInResponseBody: Bool {
    switch location {
    case .body, .querystring, .uri: true
    case .header, .headers, .statusCode: false
    }
  }

  /// The name on the wire in all protocols but ec2's requests.
  package var wireName: String { locationName ?? name }
}
