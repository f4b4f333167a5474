// SPDX-License-Identifier: Apache-2.0

/// Documents as XML: the bodies of `rest-xml`.
struct XMLWriter {
  private(set) var text = ""

  static func body(
    _ fields: Fields, _ shape: StructureShape, element: String, namespace: XMLNamespace?
  ) -> [UInt8] {
    var writer = XMLWriter()
    writer.write(fields, shape, element: element, namespace: namespace)
    return Array(writer.text.utf8)
  }

  private mutating func write(
    _ fields: Fields, _ shape: StructureShape, element: String, namespace: XMLNamespace?
  ) {
    var attributes: [(name: String, value: String)] = []
    for (index, member) in shape.members.enumerated() where member.traits.contains(.xmlAttribute) {
      guard let value = fields[index].flatMap({ ScalarText.encode($0, member.shape, timestamps: .iso8601) }) else {
        continue
      }
      attributes.append((member.wireName, value))
    }
    open(element, namespace ?? shape.namespace, attributes)
    for (index, member) in shape.members.enumerated() where member.location == .body {
      guard !member.traits.contains(.xmlAttribute), let value = fields[index] else { continue }
      write(value, member.shape, element: member.wireName, namespace: member.namespace)
    }
    close(element)
  }

  private mutating func write(_ value: Document, _ shape: Shape, element: String, namespace: XMLNamespace?) {
    switch (value, shape) {
    case (.structure(let fields), .structure(let resolve)):
      write(fields, resolve(), element: element, namespace: namespace)
    case (.list(let items), .list(let list)):
      write(items, list, element: element, namespace: namespace)
    case (.map(let entries), .map(let map)):
      write(entries, map, element: element, namespace: namespace)
    case (.boolean, _), (.integer, _), (.double, _), (.string, _), (.blob, _), (.timestamp, _), (.json, _):
      guard let text = ScalarText.encode(value, shape, timestamps: .iso8601) else { return }
      open(element, namespace)
      self.text += Self.escaped(text)
      close(element)
    case (.null, _), (.structure, _), (.list, _), (.map, _):
      return
    }
  }

  private mutating func write(
    _ items: [Document], _ list: ListShape, element: String, namespace: XMLNamespace?
  ) {
    guard !list.isFlattened else {
      for item in items {
        write(item, list.element, element: element, namespace: list.elementNamespace ?? namespace)
      }
      return
    }
    open(element, namespace)
    for item in items {
      write(item, list.element, element: list.elementName ?? "member", namespace: list.elementNamespace)
    }
    close(element)
  }

  private mutating func write(
    _ entries: [Document.MapEntry], _ map: MapShape, element: String, namespace: XMLNamespace?
  ) {
    if !map.isFlattened { open(element, namespace) }
    for entry in entries {
      let wrapper = map.isFlattened ? element : "entry"
      open(wrapper, map.isFlattened ? namespace : nil)
      write(.string(entry.key), .string, element: map.keyName ?? "key", namespace: map.keyNamespace)
      write(entry.value, map.value, element: map.valueName ?? "value", namespace: map.valueNamespace)
      close(wrapper)
    }
    if !map.isFlattened { close(element) }
  }

  // MARK: Text

  private mutating func open(
    _ element: String, _ namespace: XMLNamespace?, _ attributes: [(name: String, value: String)] = []
  ) {
    text += "<\(element)"
    if let namespace {
      text += " xmlns\(namespace.prefix.map { ":\($0)" } ?? "")=\"\(Self.escaped(namespace.uri))\""
    }
    for attribute in attributes { text += " \(attribute.name)=\"\(Self.escaped(attribute.value))\"" }
    text += ">"
  }

  private mutating func close(_ element: String) {
    text += "</\(element)>"
  }

  /// For both text and attributes. Line ends are escaped too: a reader would make one form of all of them.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "\r": result.append(contentsOf: "&#xD;".unicodeScalars)
      case "\n": result.append(contentsOf: "&#xA;".unicodeScalars)
      case "\u{85}": result.append(contentsOf: "&#x85;".unicodeScalars)
      case "\u{2028}": result.append(contentsOf: "&#x2028;".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
