// SPDX-License-Identifier: Apache-2.0

/// Colour and width of text for people; colour never carries meaning that the text lacks.
package struct Style: Sendable, Hashable {
  package let color: Bool
  package let width: Int

  package init(color: Bool, width: Int) {
    self.color = color
    self.width = width
  }

  package static let plain = Style(color: false, width: 100)

  enum Ink: String {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case bold = "1"
    case faint = "2"
  }

  func ink(_ ink: Ink, _ text: String) -> String {
    color ? "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m" : text
  }
}

extension String {
  /// Filled with spaces on the right up to `width` characters.
  func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }

  /// Cut to `width` characters, with an ellipsis where something was cut.
  func clipped(to width: Int) -> String {
    count <= width ? self : prefix(Swift.max(0, width - 1)) + "…"
  }

  /// Without spaces at the end.
  var trimmed: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

/// `1 change`, `2 changes`.
func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
  "\(number) \(number == 1 ? one : many ?? one + "s")"
}
