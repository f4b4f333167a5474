// SPDX-License-Identifier: Apache-2.0

/// A JSON-shaped value: the one currency of comparison and plans.
package indirect enum Value: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case list([Value])
  case map([String: Value])
  /// Another resource's output, unknown until that resource exists.
  case unknown(OutputID)
  /// A secret: only a digest gets this far, enough to compare and nothing to leak.
  case sealed(digest: String)

  /// The outputs this value waits for, anywhere inside it.
  package var unknowns: Set<OutputID> {
    switch self {
    case .null, .bool, .int, .double, .string, .sealed: []
    case .unknown(let id): [id]
    case .list(let items): items.reduce(into: []) { $0.formUnion($1.unknowns) }
    case .map(let members): members.values.reduce(into: []) { $0.formUnion($1.unknowns) }
    }
  }
}

/// A Swift type that an attribute or output can have.
package protocol AttributeValue: Sendable, Hashable {
  var value: Value { get }
  /// nil when `value` has another form.
  init?(_ value: Value)
}

extension String: AttributeValue {
  package var value: Value { .string(self) }
  package init?(_ value: Value) {
    guard case .string(let text) = value else { return nil }
    self = text
  }
}

extension Bool: AttributeValue {
  package var value: Value { .bool(self) }
  package init?(_ value: Value) {
    guard case .bool(let flag) = value else { return nil }
    self = flag
  }
}

extension Int: AttributeValue {
  package var value: Value { .int(self) }
  package init?(_ value: Value) {
    guard case .int(let number) = value else { return nil }
    self = number
  }
}

extension Double: AttributeValue {
  package var value: Value { .double(self) }
  package init?(_ value: Value) {
    switch value {
    case .double(let number): self = number
    case .int(let number): self = Double(number)
    case .null, .bool, .string, .list, .map, .unknown, .sealed: return nil
    }
  }
}

extension Optional: AttributeValue where Wrapped: AttributeValue {
  package var value: Value { self?.value ?? .null }
  package init?(_ value: Value) {
    if case .null = value {
      self = .none
      return
    }
    guard let wrapped = Wrapped(value) else { return nil }
    self = .some(wrapped)
  }
}

extension Array: AttributeValue where Element: AttributeValue {
  package var value: Value { .list(map(\.value)) }
  package init?(_ value: Value) {
    guard case .list(let items) = value else { return nil }
    var result: [Element] = []
    result.reserveCapacity(items.count)
    for item in items {
      guard let element = Element(item) else { return nil }
      result.append(element)
    }
    self = result
  }
}

extension Dictionary: AttributeValue where Key == String, Value: AttributeValue {
  package var value: Core.Value { .map(mapValues(\.value)) }
  package init?(_ value: Core.Value) {
    guard case .map(let members) = value else { return nil }
    var result: [String: Value] = [:]
    for (key, member) in members {
      guard let element = Value(member) else { return nil }
      result[key] = element
    }
    self = result
  }
}
