// SPDX-License-Identifier: Apache-2.0

package import Core

/// A value of a `Shape`: what stands between the generated structs and the wire.
package indirect enum Document: Sendable, Hashable {
  /// An explicit null in a list, a map or a `document` shape; an absent member of a structure has no document at all.
  case null
  case boolean(Bool)
  case integer(Int)
  case double(Double)
  case string(String)
  case blob([UInt8])
  case timestamp(Timestamp)
  case list([Document])
  /// In the order in which they are sent, or came.
  case map([MapEntry])
  case structure(Fields)
  /// The value of a `document` shape: any JSON.
  case json(JSON)

  package struct MapEntry: Sendable, Hashable {
    package var key: String
    package var value: Document

    package init(_ key: String, _ value: Document) {
      self.key = key
      self.value = value
    }
  }
}

/// The members of a structure by their index in its `StructureShape`; nil where one is absent.
package struct Fields: Sendable, Hashable {
  package private(set) var values: [Document?]

  package init(count: Int) {
    values = Array(repeating: nil, count: count)
  }

  package subscript(index: Int) -> Document? {
    get { index < values.count ? values[index] : nil }
    set { values[index] = newValue }
  }

  package mutating func set<T: DocumentEncodable>(_ index: Int, _ value: T?) {
    values[index] = value?.document
  }

  /// nil when the member is absent or of another form.
  package func get<T: DocumentDecodable>(_ index: Int) -> T? {
    self[index].flatMap(T.init(document:))
  }
}
