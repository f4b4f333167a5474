// SPDX-License-Identifier: Apache-2.0

/// Writes inputs as forms: the protocols `query` and `ec2`.
struct QueryEncoder {
  private let dialect: Dialect
  private var pairs: [(name: String, value: String)] = []

  enum Dialect {
    case query
    case ec2
  }

  private init(_ dialect: Dialect) {
    self.dialect = dialect
  }

  static func encode(
    _ input: Fields, for operation: OperationModel, dialect: Dialect, into request: inout HTTPRequest
  ) {
    var encoder = QueryEncoder(dialect)
    encoder.pairs = [("Action", operation.name), ("Version", operation.service.apiVersion)]
    encoder.encode(input, operation.input, prefix: "")
    request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
    let body = encoder.pairs.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
    request.body = Array(body.joined(separator: "&").utf8)
  }

  private mutating func encode(_ fields: Fields, _ shape: StructureShape, prefix: String) {
    for (index, member) in shape.members.enumerated() {
      guard let value = fields[index] else { continue }
      let name = name(of: member)
      encode(
        value, member.shape, prefix: prefix.isEmpty ? name : "\(prefix).\(name)",
        isNamed: member.locationName != nil)
    }
  }

  /// `isNamed`: the model gives the member a name of its own.
  private mutating func encode(_ value: Document, _ shape: Shape, prefix: String, isNamed: Bool = false) {
    switch (value, shape) {
    case (.structure(let fields), .structure(let resolve)):
      encode(fields, resolve(), prefix: prefix)
    case (.list(let items), .list(let list)):
      encode(items, list, prefix: prefix, isNamed: isNamed)
    case (.map(let entries), .map(let map)):
      encode(entries, map, prefix: prefix)
    case (.boolean, _), (.integer, _), (.double, _), (.string, _), (.blob, _), (.timestamp, _), (.json, _):
      guard let text = ScalarText.encode(value, shape, timestamps: .iso8601) else { return }
      pairs.append((prefix, text))
    case (.null, _), (.structure, _), (.list, _), (.map, _):
      return
    }
  }

  private mutating func encode(_ items: [Document], _ list: ListShape, prefix: String, isNamed: Bool) {
    let elementPrefix: String
    switch dialect {
    case .ec2:
      elementPrefix = prefix
    case .query where items.isEmpty:
      // An empty list is sent: it says "none", where saying nothing would mean "as it is".
      pairs.append((prefix, ""))
      return
    case .query:
      elementPrefix =
        list.isFlattened ? flattenedPrefix(prefix, list, isNamed) : "\(prefix).\(list.elementName ?? "member")"
    }
    for (index, item) in items.enumerated() { encode(item, list.element, prefix: "\(elementPrefix).\(index + 1)") }
  }

  /// The element's name takes the place of the list's, unless the list has a name of its own.
  private func flattenedPrefix(_ prefix: String, _ list: ListShape, _ isNamed: Bool) -> String {
    guard !isNamed, let name = list.elementName else { return prefix }
    return (prefix.split(separator: ".").dropLast() + [name[...]]).joined(separator: ".")
  }

  private mutating func encode(_ entries: [Document.MapEntry], _ map: MapShape, prefix: String) {
    let prefix = map.isFlattened ? prefix : "\(prefix).entry"
    for (index, entry) in entries.enumerated() {
      pairs.append(("\(prefix).\(index + 1).\(map.keyName ?? "key")", entry.key))
      encode(entry.value, map.value, prefix: "\(prefix).\(index + 1).\(map.valueName ?? "value")")
    }
  }

  private func name(of member: Member) -> String {
    switch dialect {
    case .query: member.wireName
    case .ec2: member.queryName ?? Self.capitalized(member.wireName)
    }
  }

  private static func capitalized(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }
}
