// SPDX-License-Identifier: Apache-2.0

/// Every field of the spec by its path, from the one table of fields.
package enum Explanation {
  /// Path and description of each field, sections before what is in them, in the order of the table.
  package static let fields: [(path: String, field: FieldDescription)] = flatten(Stack.descriptions, under: "")

  private static func flatten(
    _ fields: [FieldDescription], under parent: String
  ) -> [(path: String, field: FieldDescription)] {
    fields.flatMap { field in
      let path = parent.isEmpty ? field.name : "\(parent).\(field.name)"
      return [(path, field)] + flatten(field.children, under: path)
    }
  }

  static func paths(endingWith name: String) -> [String] {
    fields.filter { $0.field.name == name }.map(\.path)
  }
}
