// SPDX-License-Identifier: Apache-2.0

package import Core

/// A half-open range of the text of one file.
package struct TextRange: Sendable, Hashable {
  package var start: SourcePosition
  package var end: SourcePosition

  package init(_ start: SourcePosition, _ end: SourcePosition) {
    self.start = start
    self.end = end
  }

  func span(in file: String) -> SourceSpan { SourceSpan(file: file, start: start, end: end) }
}

/// One value of a YAML document, with its place.
package struct Node: Sendable {
  package enum Content: Sendable {
    case scalar(Scalar)
    case sequence([Node], Layout)
    case mapping([Entry], Layout)
    /// `*name`, and what the name stands for.
    indirect case alias(String, Node)
  }

  /// How a collection was written.
  package enum Layout: Sendable {
    case block
    case flow
  }

  package struct Entry: Sendable {
    package let key: Node
    package let value: Node
  }

  package let content: Content
  package let range: TextRange
  /// The name that `&name` gave it.
  package let anchor: String?

  /// What an alias stands for; any other node itself.
  package var target: Node {
    var node = self
    while case .alias(_, let next) = node.content { node = next }
    return node
  }
}

/// A piece of text, and whether quotes said that it is text.
package struct Scalar: Sendable, Hashable {
  package enum Style: Sendable, Hashable {
    case plain
    case singleQuoted
    case doubleQuoted
    case literal
    case folded
  }

  package let text: String
  package let style: Style
}

/// What a reader of untrusted YAML puts up with.
package struct YAMLLimits: Sendable {
  /// Size of the file.
  package var bytes = 2 << 20
  /// Collections inside of collections.
  package var depth = 32
  /// Keys and values, those that aliases repeat counted each time.
  package var nodes = 200_000

  package init() {}
}
