// SPDX-License-Identifier: Apache-2.0

package import Core

/// A Swift type that can be sent.
package protocol DocumentEncodable: Sendable {
  var document: Document { get }
  /// A list of them; bytes are one blob.
  static func document(ofList items: [Self]) -> Document
}

/// A Swift type that can be received.
package protocol DocumentDecodable: Sendable {
  /// nil when the document has another form.
  init?(document: Document)
  static func list(_ document: Document) -> [Self]?
}

extension DocumentEncodable {
  package static func document(ofList items: [Self]) -> Document { .list(items.map(\.document)) }
}

extension DocumentDecodable {
  /// Nulls are left out: no shape in use has lists whose gaps mean anything.
  package static func list(_ document: Document) -> [Self]? {
    guard case .list(let items) = document else { return nil }
    return items.compactMap(Self.init(document:))
  }
}

/// A generated struct that can be sent.
package protocol InputStructure: DocumentEncodable {
  static var shape: StructureShape { get }
  var fields: Fields { get }
}

/// A generated struct that can be received.
package protocol OutputStructure: DocumentDecodable {
  static var shape: StructureShape { get }
  init(fields: Fields)
}

extension InputStructure {
  package var document: Document { .structure(fields) }
}

extension OutputStructure {
  package init?(document: Document) {
    guard case .structure(let fields) = document else { return nil }
    self.init(fields: fields)
  }
}

extension String: DocumentEncodable, DocumentDecodable {
  package var document: Document { .string(self) }
  package init?(document: Document) {
    guard case .string(let text) = document else { return nil }
    self = text
  }
}

extension Bool: DocumentEncodable, DocumentDecodable {
  package var document: Document { .boolean(self) }
  package init?(document: Document) {
    guard case .boolean(let flag) = document else { return nil }
    self = flag
  }
}

extension Int: DocumentEncodable, DocumentDecodable {
  package var document: Document { .integer(self) }
  package init?(document: Document) {
    guard case .integer(let number) = document else { return nil }
    self = number
  }
}

extension Double: DocumentEncodable, DocumentDecodable {
  package var document: Document { .double(self) }
  package init?(document: Document) {
    guard case .double(let number) = document else { return nil }
    self = number
  }
}

extension Timestamp: DocumentEncodable, DocumentDecodable {
  package var document: Document { .timestamp(self) }
  package init?(document: Document) {
    guard case .timestamp(let moment) = document else { return nil }
    self = moment
  }
}

extension JSON: DocumentEncodable, DocumentDecodable {
  package var document: Document { .json(self) }
  package init?(document: Document) {
    guard case .json(let value) = document else { return nil }
    self = value
  }
}

extension UInt8: DocumentEncodable, DocumentDecodable {
  package var document: Document { .integer(Int(self)) }
  package static func document(ofList items: [UInt8]) -> Document { .blob(items) }
  package init?(document: Document) {
    guard case .integer(let number) = document else { return nil }
    self.init(exactly: number)
  }
  package static func list(_ document: Document) -> [UInt8]? {
    guard case .blob(let bytes) = document else { return nil }
    return bytes
  }
}

extension Array: DocumentEncodable where Element: DocumentEncodable {
  package var document: Document { Element.document(ofList: self) }
}

extension Array: DocumentDecodable where Element: DocumentDecodable {
  package init?(document: Document) {
    guard let items = Element.list(document) else { return nil }
    self = items
  }
}

extension Dictionary: DocumentEncodable where Key == String, Value: DocumentEncodable {
  /// Sorted by key, so that a request is the same each time.
  package var document: Document {
    .map(sorted { $0.key < $1.key }.map { Document.MapEntry($0.key, $0.value.document) })
  }
}

extension Dictionary: DocumentDecodable where Key == String, Value: DocumentDecodable {
  /// The last of several entries with one key wins.
  package init?(document: Document) {
    guard case .map(let entries) = document else { return nil }
    var result: [String: Value] = [:]
    for entry in entries {
      if let value = Value(document: entry.value) { result[entry.key] = value }
    }
    self = result
  }
}
