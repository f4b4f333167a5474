// SPDX-License-Identifier: Apache-2.0

package import Core

/// A JSON document in which references to other resources may stand: an event pattern, the input of a call.
///
/// Once nothing in it is unknown it is its text, keys sorted and without spaces, so that one document is one value however
/// AWS spells it.
package struct JSONDocument: AttributeValue {
  private let tree: Core.Value

  private init(tree: Core.Value) {
    self.tree = tree
  }

  /// As AWS gives it back; a text that is no JSON stands for itself.
  package init(text: String) {
    self.init(tree: (try? JSON(parsing: text)).map(Core.Value.init(json:)) ?? .string(text))
  }

  package static func reference<T>(_ input: Input<T>) -> JSONDocument { JSONDocument(tree: input.value) }

  /// Its text, or the tree as long as something in it is unknown.
  package var value: Core.Value {
    tree.unknowns.isEmpty ? .string(JSON(tree).text()) : tree
  }

  package init?(_ value: Core.Value) {
    switch value {
    case .string(let text): self.init(text: text)
    case .map, .list: self.init(tree: value)
    case .null, .bool, .int, .double, .unknown, .sealed: return nil
    }
  }

  /// The text at the time of a call; see `Input.now()`.
  package func now() throws(CallError) -> String {
    if let unknown = tree.unknowns.sorted(by: { $0.description < $1.description }).first {
      throw CallError(.invalid, code: "UnresolvedReference", message: "\(unknown) is not known yet")
    }
    return JSON(tree).text()
  }
}

extension JSONDocument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  package init(stringLiteral value: String) { self.init(tree: .string(value)) }
  package init(integerLiteral value: Int) { self.init(tree: .int(value)) }
  package init(booleanLiteral value: Bool) { self.init(tree: .bool(value)) }
}

extension JSONDocument: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  package init(arrayLiteral elements: JSONDocument...) { self.init(tree: .list(elements.map(\.tree))) }
  /// The last of several members with one key wins.
  package init(dictionaryLiteral elements: (String, JSONDocument)...) {
    self.init(tree: .map(Dictionary(elements.map { ($0.0, $0.1.tree) }) { _, last in last }))
  }
}

extension JSONDocument {
  /// A plain text within a document.
  package static func text(_ text: String) -> JSONDocument { JSONDocument(tree: .string(text)) }
  package static func list(_ items: some Sequence<JSONDocument>) -> JSONDocument {
    JSONDocument(tree: .list(items.map(\.tree)))
  }
  package static func map(_ members: [String: JSONDocument]) -> JSONDocument {
    JSONDocument(tree: .map(members.mapValues(\.tree)))
  }
  /// A whole number is written without a fraction, as AWS gives it back.
  package static func number(_ number: Double) -> JSONDocument {
    JSONDocument(tree: Int(exactly: number).map(Core.Value.int) ?? .double(number))
  }
}

extension Value {
  fileprivate init(json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = Int(exactly: number).map(Value.int) ?? .double(number)
    case .string(let text): self = .string(text)
    case .array(let items): self = .list(items.map(Value.init(json:)))
    case .object(let object):
      self = .map(Dictionary(object.members.map { ($0.key, Value(json: $0.value)) }) { _, last in last })
    }
  }
}

extension JSON {
  /// - Precondition: nothing in `value` is unknown or sealed.
  fileprivate init(_ value: Core.Value) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .list(let items): self = .array(items.map(JSON.init))
    case .map(let members): self = .object(JSONObject(members.map { (key: $0.key, value: JSON($0.value)) }))
    case .unknown, .sealed: preconditionFailure("a document is written before it is known")
    }
  }
}
