// SPDX-License-Identifier: Apache-2.0

/// Diagnostics as people read them: place, message and rule, the line with the offending text underlined, the way out.
///
/// What a file or AWS put into a message cannot steer the terminal: control characters are shown as `�`.
package struct DiagnosticRenderer: Sendable {
  private let sources: [String: SourceText]
  private let style: Style

  /// - Parameter sources: the texts that spans point into, by the names the spans have.
  package init(sources: [String: SourceText] = [:], color: Bool = false) {
    self.sources = sources
    style = Style(isOn: color)
  }

  /// A hint that several have in common is told once.
  package func text(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.withHintsToldOnce.map(text).joined(separator: "\n")
  }

  /// Ends with a line break.
  package func text(_ diagnostic: Diagnostic) -> String {
    let place = diagnostic.span.map { "\($0.file):\($0.start.line):\($0.start.column): " } ?? ""
    let address = diagnostic.address.flatMap { diagnostic.message.contains("\"\($0)\"") ? nil : "\($0): " } ?? ""
    let severity = style.severity(diagnostic.severity)
    let message = style.bold(visible(diagnostic.message))
    var lines = ["\(visible(place))\(severity): \(visible(address))\(message)  [\(diagnostic.rule)]"]
    var gutter = ""
    if let span = diagnostic.span, let excerpt = excerpt(span, diagnostic.severity) {
      lines += excerpt.lines
      gutter = excerpt.gutter
    }
    lines += diagnostic.notes.map { "\(gutter)  note: \(visible($0))" }
    if let hint = diagnostic.hint { lines.append("\(gutter)  \(style.hint("hint")): \(visible(hint))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// `3 errors, 1 warning`; nil when there is nothing to count.
  package static func summary(_ diagnostics: [Diagnostic]) -> String? {
    let counts = [(Severity.error, "error"), (.warning, "warning"), (.note, "note")].compactMap { severity, noun in
      let count = diagnostics.filter { $0.severity == severity }.count
      return count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
    return counts.isEmpty ? nil : counts.joined(separator: ", ")
  }

  // MARK: The line

  /// What is shown of a longer line, and how much of that stands before the offending text.
  private static let widest = 120
  private static let lead = 40

  private func excerpt(_ span: SourceSpan, _ severity: Severity) -> (lines: [String], gutter: String)? {
    guard let source = sources[span.file] else { return nil }
    let scalars = Array(source[line: span.start.line].unicodeScalars)
    let first = min(span.start.column - 1, scalars.count)
    let last = span.end.line == span.start.line ? min(span.end.column - 1, scalars.count) : scalars.count
    guard !scalars.isEmpty, first >= 0 else { return nil }
    var from = scalars.startIndex
    if scalars.count > Self.widest { from = max(0, first - Self.lead) }
    let to = min(scalars.count, from + Self.widest)
    let number = "\(span.start.line)"
    let gutter = String(repeating: " ", count: number.count)
    let line = (from > 0 ? "…" : "") + shown(scalars[from..<to]) + (to < scalars.count ? "…" : "")
    let pad = (from > 0 ? " " : "") + blank(scalars[from..<first])
    let offending = scalars[first..<max(first, min(trimmed(scalars, first, last), to))]
    let marks = String(repeating: "^", count: max(1, offending.reduce(0) { $0 + Self.width($1) }))
    return (
      ["  \(number) | \(line)", "  \(gutter) | \(pad)\(style.marks(marks, severity))"], gutter
    )
  }

  /// The end of the offending text without the blanks that a span may take in.
  private func trimmed(_ scalars: [Unicode.Scalar], _ first: Int, _ last: Int) -> Int {
    var end = last
    while end > first, scalars[end - 1] == " " || scalars[end - 1] == "\t" { end -= 1 }
    return end
  }

  /// As wide as the text on a terminal; tabs stay, so that both lines move alike.
  private func blank(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    scalars.map { $0 == "\t" ? "\t" : String(repeating: " ", count: Self.width($0)) }.joined()
  }

  // MARK: Characters

  private func visible(_ text: String) -> String {
    text.unicodeScalars.allSatisfy { !Self.isUnseen($0) || $0 == "\n" } ? text : shown(Array(text.unicodeScalars)[...])
  }

  private func shown(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var result = String.UnicodeScalarView()
    for scalar in scalars { result.append(Self.isUnseen(scalar) && scalar != "\t" ? "\u{fffd}" : scalar) }
    return String(result)
  }

  /// Control characters, and those that turn the direction of writing.
  private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1f, 0x7f...0x9f, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
    default: false
    }
  }

  /// Columns on a terminal.
  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20...0x7e: return 1
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
      0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
      return 2
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return 1
    }
  }
}

/// Escape sequences, or nothing at all.
private struct Style: Sendable {
  let isOn: Bool

  func severity(_ severity: Severity) -> String { wrap(severity.rawValue, "1;\(code(severity))") }
  func marks(_ text: String, _ severity: Severity) -> String { wrap(text, "1;\(code(severity))") }
  func bold(_ text: String) -> String { wrap(text, "1") }
  func hint(_ text: String) -> String { wrap(text, "36") }

  private func code(_ severity: Severity) -> String {
    switch severity {
    case .error: "31"
    case .warning: "33"
    case .note: "34"
    }
  }

  private func wrap(_ text: String, _ code: String) -> String {
    isOn ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
