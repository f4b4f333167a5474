// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import ResourceKit
import Resources
import Testing

/// Texts that are reviewed like code; `RECORD_SNAPSHOTS=1` writes them anew.
enum Snapshot {
  static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let path = "Tests/BlueprintTests/Snapshots/\(name)"
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try Data(text.utf8).write(to: Repository.root.appending(path: path))
    }
    let recorded = try Repository.text(path)
    if text == recorded { return }
    let (old, new) = (recorded.split(separator: "\n"), text.split(separator: "\n"))
    let changes = new.difference(from: old).map { change in
      switch change {
      case .insert(_, let line, _): "+ \(line)"
      case .remove(_, let line, _): "- \(line)"
      }
    }
    Issue.record("\(path) differs:\n\(changes.joined(separator: "\n"))", sourceLocation: sourceLocation)
  }
}

extension Graph {
  /// Every resource with its key, its edges and its attributes by name.
  var listing: String { sorted.map(\.listing).joined(separator: "\n") + "\n" }
}

extension KindName {
  /// The names of a kind's attributes in the order of its values; nil for a kind that there is not.
  var attributes: [String]? {
    func names<K: ResourceKind>(_ kind: K.Type) -> [String] { K.attributes.map(\.schema.name) }
    return Registry.all.first { $0.name == self }.map { names($0) }
  }
}

extension DesiredResource {
  var listing: String {
    let names = address.kind.attributes ?? []
    var lines = [key.map { "\(address)  [\($0)]" } ?? "\(address)"]
    if !needs.isEmpty { lines.append("  needs: \(needs.sorted().map(\.description).joined(separator: ", "))") }
    // A function's hash of its code follows its sources, which are no matter of the blueprint.
    for (name, value) in zip(names, values) where value != .null && name != "code" {
      lines.append("  \(name): \(value.listing)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Value {
  fileprivate var listing: String {
    switch self {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .int(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): "\"\(text)\""
    case .list(let items): "[\(items.map(\.listing).joined(separator: ", "))]"
    case .map(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.listing)" }.joined(separator: ", "))}"
    case .unknown(let id): "<\(id)>"
    case .sealed: "<sealed>"
    }
  }
}
