// SPDX-License-Identifier: Apache-2.0

/// The tags in which a resource remembers which of its other tags harecon has set, so that a key taken out of the spec is
/// noticed and the keys of others are left alone.
///
/// `harecon:keys` holds the keys, sorted, with a space between; what does not fit into one value goes on in `harecon:keys.2`,
/// `harecon:keys.3` and so on. A space within a key is written `=s`, and the sign itself `=e`.
package enum TagMemory {
  package static let key = "harecon:keys"
  /// What AWS takes as the value of a tag, in characters; counted in UTF-16 it is never more.
  private static let longestValue = 256

  /// The memory of these keys: no tag when there are none.
  package static func tags(for keys: some Sequence<String>) -> [String: String] {
    var values: [String] = []
    for word in keys.sorted().map(escaped) {
      if let last = values.last, last.utf16.count + 1 + word.utf16.count <= longestValue {
        values[values.count - 1] = "\(last) \(word)"
      } else {
        values.append(word)
      }
    }
    return values.enumerated().reduce(into: [:]) { tags, part in
      tags[part.offset == 0 ? key : "\(key).\(part.offset + 1)"] = part.element
    }
  }

  /// The keys that are remembered in a resource's tags, and those of the memory itself.
  package static func keys(in tags: [String: String]) -> Set<String> {
    tags.reduce(into: [key]) { keys, tag in
      guard isPart(tag.key) else { return }
      keys.insert(tag.key)
      keys.formUnion(tag.value.split(separator: " ").map { unescaped(String($0)) })
    }
  }

  /// Whether a tag's key is one of the memory.
  package static func isPart(_ key: String) -> Bool {
    key == Self.key || key.hasPrefix("\(Self.key).") && Int(key.dropFirst(Self.key.count + 1)) != nil
  }

  private static func escaped(_ key: String) -> String {
    key.replacing("=", with: "=e").replacing(" ", with: "=s")
  }

  private static func unescaped(_ word: String) -> String {
    word.replacing("=s", with: " ").replacing("=e", with: "=")
  }
}
