// SPDX-License-Identifier: Apache-2.0

internal import AWSClient

/// Shapes as the Swift source that makes them.
enum ShapeText {
  static func swiftType(_ shape: Shape) -> String {
    switch shape {
    case .boolean: "Bool"
    case .integer: "Int"
    case .double: "Double"
    case .string: "String"
    case .blob: "[UInt8]"
    case .timestamp: "Timestamp"
    case .list(let list): "[\(swiftType(list.element))]"
    case .map(let map): "[String: \(swiftType(map.value))]"
    case .structure(let resolve): resolve().name
    case .document: "JSON"
    }
  }

  static func text(_ shape: StructureShape, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var text = "StructureShape(\n\(margin)  \(quoted(shape.name)), ["
    for member in shape.members { text += "\n\(margin)    \(self.text(member))," }
    text += shape.members.isEmpty ? "]" : "\n\(margin)  ]"
    if let payload = shape.payload { text += ", payload: \(quoted(shape.members[payload].name))" }
    if let name = shape.elementName { text += ", elementName: \(quoted(name))" }
    if let namespace = shape.namespace { text += ", namespace: \(self.text(namespace))" }
    if shape.isUnion { text += ", isUnion: true" }
    return text + ")"
  }

  static func text(_ namespace: XMLNamespace) -> String {
    let prefix = namespace.prefix.map { ", prefix: \(quoted($0))" } ?? ""
    return "XMLNamespace(\(quoted(namespace.uri))\(prefix))"
  }

  private static func text(_ member: Member) -> String {
    var arguments = [quoted(member.name), text(member.shape)]
    if let name = member.locationName { arguments.append("as: \(quoted(name))") }
    if member.location != .body { arguments.append("in: .\(member.location)") }
    let flags: [(Member.Traits, String)] = [
      (.required, ".required"), (.idempotencyToken, ".idempotencyToken"), (.xmlAttribute, ".xmlAttribute"),
      (.jsonValue, ".jsonValue"), (.hostLabel, ".hostLabel"), (.streaming, ".streaming"),
    ]
    let set = flags.filter { member.traits.contains($0.0) }.map(\.1)
    if set.count == 1 { arguments.append(set[0]) }
    if set.count > 1 { arguments.append("[\(set.joined(separator: ", "))]") }
    if let name = member.queryName { arguments.append("queryName: \(quoted(name))") }
    if let namespace = member.namespace { arguments.append("namespace: \(text(namespace))") }
    return "Member(\(arguments.joined(separator: ", ")))"
  }

  private static func text(_ shape: Shape) -> String {
    switch shape {
    case .boolean: ".boolean"
    case .integer: ".integer"
    case .double: ".double"
    case .string: ".string"
    case .blob: ".blob"
    case .timestamp(let format): format.map { ".timestamp(.\($0))" } ?? ".timestamp()"
    case .list(let list): text(list)
    case .map(let map): text(map)
    case .structure(let resolve): ".structure { \(resolve().name).shape }"
    case .document: ".document"
    }
  }

  private static func text(_ list: ListShape) -> String {
    var arguments = [text(list.element)]
    if let name = list.elementName { arguments.append("name: \(quoted(name))") }
    if list.isFlattened { arguments.append("flattened: true") }
    if let namespace = list.elementNamespace { arguments.append("namespace: \(text(namespace))") }
    return ".list(\(arguments.joined(separator: ", ")))"
  }

  private static func text(_ map: MapShape) -> String {
    var arguments = [text(map.value)]
    if let name = map.keyName { arguments.append("keyName: \(quoted(name))") }
    if let name = map.valueName { arguments.append("valueName: \(quoted(name))") }
    if map.isFlattened { arguments.append("flattened: true") }
    if let namespace = map.keyNamespace { arguments.append("keyNamespace: \(text(namespace))") }
    if let namespace = map.valueNamespace { arguments.append("valueNamespace: \(text(namespace))") }
    return ".map(\(arguments.joined(separator: ", ")))"
  }
}
