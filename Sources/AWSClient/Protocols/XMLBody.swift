// SPDX-License-Identifier: Apache-2.0

/// Documents from XML: the answers of `query`, `ec2` and `rest-xml`.
enum XMLBody {
  static func decode(_ node: XMLNode, _ shape: StructureShape) throws(Unreadable) -> Fields {
    var fields = Fields(count: shape.members.count)
    for (index, member) in shape.members.enumerated() where member.traits.contains(.xmlAttribute) {
      fields[index] = try node.attributes[member.wireName].flatMap { (text) throws(Unreadable) in
        try ScalarText.decode(text, member.shape)
      }
    }
    var lists: [Int: [Document]] = [:]
    var maps: [Int: [Document.MapEntry]] = [:]
    for child in node.children {
      guard let index = shape.index(ofElement: child.name) else { continue }
      let member = shape.members[index]
      do {
        switch member.shape {
        case .list(let list) where list.isFlattened:
          lists[index, default: []].append(try decode(child, list.element) ?? .null)
        case .map(let map) where map.isFlattened:
          maps[index, default: []].append(try entry(child, map))
        case .boolean, .integer, .double, .string, .blob, .timestamp, .list, .map, .structure, .document:
          // Of elements that should stand once the first holds.
          if fields[index] == nil { fields[index] = try decode(child, member.shape) }
        }
      } catch {
        throw error.inside(member.name)
      }
    }
    for (index, items) in lists { fields[index] = .list(items) }
    for (index, entries) in maps { fields[index] = .map(entries) }
    return fields
  }

  /// nil when the element stands for no value.
  static func decode(_ node: XMLNode, _ shape: Shape) throws(Unreadable) -> Document? {
    switch shape {
    case .boolean, .integer, .double, .string, .blob, .timestamp:
      return try ScalarText.decode(node.text, shape)
    case .structure(let resolve):
      return .structure(try decode(node, resolve()))
    case .list(let list):
      var items: [Document] = []
      items.reserveCapacity(node.children.count)
      for child in node.children { items.append(try decode(child, list.element) ?? .null) }
      return .list(items)
    case .map(let map):
      var entries: [Document.MapEntry] = []
      for child in node.children { entries.append(try entry(child, map)) }
      return .map(entries)
    case .document:
      throw Unreadable("any JSON has no place in XML")
    }
  }

  private static func entry(_ node: XMLNode, _ map: MapShape) throws(Unreadable) -> Document.MapEntry {
    guard let key = node.child(map.keyName ?? "key"), let value = node.child(map.valueName ?? "value") else {
      throw Unreadable("an entry of a map without key or value")
    }
    return Document.MapEntry(key.text, try decode(value, map.value) ?? .null)
  }
}
