// SPDX-License-Identifier: Apache-2.0

package import Core

/// An attribute's value: given in the spec, or an output of a resource that may not exist yet.
package enum Input<T: AttributeValue>: Sendable, Hashable, AttributeValue {
  case given(T)
  case output(OutputID)

  /// The value, once it is known.
  package var known: T? {
    switch self {
    case .given(let value): value
    case .output: nil
    }
  }

  package var value: Value {
    switch self {
    case .given(let value): value.value
    case .output(let id): .unknown(id)
    }
  }

  package init?(_ value: Value) {
    if case .unknown(let id) = value {
      self = .output(id)
      return
    }
    guard let given = T(value) else { return nil }
    self = .given(given)
  }

  /// The value at the time of a call.
  ///
  /// The engine starts a step only when everything it refers to exists, so that an unknown here is a defect of the
  /// graph; it is reported as an invalid request and nothing is sent.
  package func now() throws(CallError) -> T {
    switch self {
    case .given(let value): return value
    case .output(let id):
      throw CallError(.invalid, code: "UnresolvedReference", message: "\(id) is not known yet")
    }
  }
}

extension Array {
  /// The values of a list of references at the time of a call, in order; see `Input.now()`.
  package func now<T>() throws(CallError) -> [T] where Element == Input<T> {
    var values: [T] = []
    values.reserveCapacity(count)
    for input in self { values.append(try input.now()) }
    return values
  }
}

extension Input: ExpressibleByUnicodeScalarLiteral where T == String {}
extension Input: ExpressibleByExtendedGraphemeClusterLiteral where T == String {}
extension Input: ExpressibleByStringLiteral where T == String {
  package init(stringLiteral value: String) {
    self = .given(value)
  }
}
