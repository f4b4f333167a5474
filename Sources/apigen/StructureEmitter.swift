// SPDX-License-Identifier: Apache-2.0

internal import AWSClient

/// Writes one struct.
struct StructureEmitter {
  let name: String
  let shape: StructureShape
  var uses: Set<Use> = []

  enum Use: Hashable {
    case sent
    case received
  }

  private struct Property {
    let index: Int
    let name: String
    let type: String
    let isRequired: Bool
  }

  private var properties: [Property] {
    shape.members.enumerated().map { index, member in
      Property(
        index: index, name: SwiftName.lowerCamel(member.name), type: ShapeText.swiftType(member.shape),
        isRequired: member.traits.contains(.required))
    }
  }

  var text: String {
    let properties = properties
    var protocols: [String] = []
    if uses.contains(.sent) { protocols.append("InputStructure") }
    if uses.contains(.received) { protocols.append("OutputStructure") }
    var text = "  package struct \(name): \(protocols.joined(separator: ", ")) {\n"
    for property in properties {
      text += "    package var \(SwiftName.escaped(property.name)): \(property.type)?\n"
    }
    if uses.contains(.sent) { text += initializer(properties) + encoder(properties) }
    if uses.contains(.received) { text += decoder(properties) }
    let written = ShapeText.text(shape, indent: 4)
    // A shape that holds others of its own kind: its type cannot be inferred from itself.
    let type = written.contains("{ \(name).shape }") ? ": StructureShape" : ""
    text += "\n    package static let shape\(type) = \(written)\n"
    return text + "  }\n"
  }

  private func initializer(_ properties: [Property]) -> String {
    let ordered = properties.filter(\.isRequired) + properties.filter { !$0.isRequired }
    let parameters = ordered.map { property in
      "\(SwiftName.escaped(property.name)): \(property.type)" + (property.isRequired ? "" : "? = nil")
    }
    var text = "\n    package init(\(wrapped(parameters))) {\n"
    for property in properties {
      text += "      self.\(property.name) = \(SwiftName.escaped(property.name))\n"
    }
    return text + "    }\n"
  }

  private func wrapped(_ parameters: [String]) -> String {
    guard !parameters.isEmpty else { return "" }
    return "\n      \(parameters.joined(separator: ",\n      "))\n    "
  }

  private func encoder(_ properties: [Property]) -> String {
    var text = "\n    package var fields: Fields {\n"
    text += "      \(properties.isEmpty ? "let" : "var") fields = Fields(count: \(properties.count))\n"
    for property in properties {
      text += "      fields.set(\(property.index), \(SwiftName.escaped(property.name)))\n"
    }
    return text + "      return fields\n    }\n"
  }

  private func decoder(_ properties: [Property]) -> String {
    var text = "\n    package init(fields: Fields) {\n"
    for property in properties {
      text += "      \(SwiftName.escaped(property.name)) = fields.get(\(property.index))\n"
    }
    return text + "    }\n"
  }
}
