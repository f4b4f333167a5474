// SPDX-License-Identifier: Apache-2.0

package import Core

/// A value with the place in the spec that gave it.
///
/// As a property wrapper, `network.cidr` is the value and `network.$cidr.span` its place. A value that the spec left out
/// has the place of the section that it belongs to.
@propertyWrapper
package struct Located<Value: Sendable>: Sendable {
  private var content: Value?
  package private(set) var span: SourceSpan
  /// True when the spec says nothing and the value is the documented default.
  package private(set) var isDefault: Bool

  /// Nothing yet: what a section holds until it has been read.
  package init() {
    content = nil
    span = .nowhere
    isDefault = true
  }

  package init(_ value: Value, span: SourceSpan, isDefault: Bool = false) {
    content = value
    self.span = span
    self.isDefault = isDefault
  }

  /// - Precondition: the value has been read. Everything has, in a `Stack` that was handed out; a rule names what it
  ///   reads in `Rule.reads`, and is not asked when that could not be read.
  package var wrappedValue: Value {
    get {
      guard let content else { preconditionFailure("a field of the spec was used before it was read") }
      return content
    }
    set { content = newValue }
  }

  package var projectedValue: Located {
    get { self }
    set { self = newValue }
  }

  /// `wrappedValue`, by the name that reads well for an item of a list.
  package var value: Value { wrappedValue }
}

extension SourceSpan {
  /// The start of no file.
  static let nowhere = SourceSpan(
    file: "", start: SourcePosition(line: 1, column: 1), end: SourcePosition(line: 1, column: 1))
}

/// The entries of a mapping whose keys the author chooses (`tags`, `parameters`), in the order of the spec.
package struct LocatedMap: Sendable {
  package struct Entry: Sendable {
    package let key: Located<String>
    package let value: Located<String>
  }

  package let entries: [Entry]

  package init(_ entries: [Entry] = []) {
    self.entries = entries
  }

  package subscript(key: String) -> Located<String>? {
    entries.first { $0.key.value == key }?.value
  }

  package var dictionary: [String: String] {
    Dictionary(entries.map { ($0.key.value, $0.value.value) }) { first, _ in first }
  }
}
