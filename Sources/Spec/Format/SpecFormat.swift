// SPDX-License-Identifier: Apache-2.0

package import Core

/// The canonical form of a spec: two spaces of indentation, quotes where they are needed, comments aligned.
///
/// The order of keys, comments, single blank lines and the choice between `{…}` and one line per key are the author's.
/// Formatting twice changes nothing more, and what the text means never changes.
package enum SpecFormat {
  /// - Throws: what keeps the text from being read as YAML. It need not be a valid spec.
  package static func formatted(_ bytes: [UInt8], file: String) throws(Diagnostics) -> String {
    let document = Composer.compose(bytes, file: file)
    guard let root = document.root, document.diagnostics.isEmpty else { throw Diagnostics(document.diagnostics) }
    var formatter = Formatter(Comments(SourceText(bytes), root: root))
    let text = formatter.text(of: root)
    // A text is never exchanged for one that means something else, whatever was overlooked here.
    let again = Composer.compose(Array(text.utf8), file: file)
    guard let result = again.root, again.diagnostics.isEmpty, result.meansTheSame(as: root) else {
      throw Diagnostics([
        Diagnostic(
          .error, .syntax, "the file uses YAML in a way that cannot be formatted", span: .startOf(file),
          hint: "write keys and values in one of their simpler forms")
      ])
    }
    return text
  }
}

extension Node {
  /// The same values, anchors and aliases, wherever they stand.
  fileprivate func meansTheSame(as other: Node) -> Bool {
    guard anchor == other.anchor else { return false }
    switch (content, other.content) {
    case (.scalar(let a), .scalar(let b)):
      let isSame = a.text == b.text || (a.isNothing && b.isNothing)
      return isSame
        && (a.style == .plain ? PlainScalar(a.text) : .text) == (b.style == .plain ? PlainScalar(b.text) : .text)
    case (.sequence(let a, _), .sequence(let b, _)):
      return a.count == b.count && zip(a, b).allSatisfy { $0.meansTheSame(as: $1) }
    case (.mapping(let a, _), .mapping(let b, _)):
      return a.count == b.count
        && zip(a, b).allSatisfy { $0.key.meansTheSame(as: $1.key) && $0.value.meansTheSame(as: $1.value) }
    case (.alias(let a, _), .alias(let b, _)): return a == b
    case (.scalar, _), (.sequence, _), (.mapping, _), (.alias, _): return false
    }
  }
}

extension Scalar {
  /// No value at all, left out or written as `null`.
  var isNothing: Bool { style == .plain && (text.isEmpty || text == "null") }
}

/// Writes nodes and comments, line by line.
private struct Formatter {
  /// Longer collections in brackets are given one line per item.
  private static let width = 110

  private let comments: Comments
  /// How many of the comments have been written.
  private var written = 0
  private var lines: [Line] = []

  private struct Line {
    var text: String
    var comment: String?
  }

  init(_ comments: Comments) {
    self.comments = comments
  }

  mutating func text(of root: Node) -> String {
    if isInline(root, room: Self.width) {
      leadingComments(before: root.range.start.line, indent: 0, blockStart: 0)
      lines.append(Line(text: anchored(root, flow(root, isInFlow: false))))
      trailingComment(through: root.range.end.line)
    } else {
      if let anchor = root.anchor { lines.append(Line(text: "&\(anchor)")) }
      block(root, indent: 0, until: Int.max)
    }
    leadingComments(before: Int.max, indent: 0, blockStart: 0)
    return aligned()
  }

  // MARK: Blocks

  /// - Parameter until: the line in which the text goes on after the block.
  private mutating func block(_ node: Node, indent: Int, until: Int) {
    let start = lines.count
    switch node.content {
    case .mapping(let entries, _):
      for (index, entry) in entries.enumerated() {
        let next = index + 1 < entries.count ? entries[index + 1].key.range.start.line : until
        leadingComments(before: entry.key.range.start.line, indent: indent, blockStart: start)
        blankLine(before: entry.key.range.start.line, blockStart: start)
        value(entry.value, after: key(entry.key, isInFlow: false), indent: indent, entry.key, until: next)
      }
    case .sequence(let items, _):
      for (index, item) in items.enumerated() {
        let next = index + 1 < items.count ? items[index + 1].range.start.line : until
        leadingComments(before: item.range.start.line, indent: indent, blockStart: start)
        blankLine(before: item.range.start.line, blockStart: start)
        self.item(item, indent: indent, until: next)
      }
    case .scalar, .alias: break
    }
    endComments(column: node.range.start.column, indent: indent, until: until)
  }

  private mutating func value(_ node: Node, after key: String, indent: Int, _ keyNode: Node, until: Int) {
    let start = blanks(indent) + key
    if let lines = literal(node, indent: indent + 2) {
      self.lines.append(Line(text: "\(start) \(lines[0])"))
      trailingComment(through: node.range.start.line)
      self.lines += lines.dropFirst().map { Line(text: $0) }
    } else if isInline(node, room: Self.width - start.count - 1) {
      let text = anchored(node, flow(node, isInFlow: false, isValue: true))
      lines.append(Line(text: text.isEmpty ? start : "\(start) \(text)"))
      trailingComment(through: max(keyNode.range.end.line, lastLine(of: node)))
    } else {
      lines.append(Line(text: start + (node.anchor.map { " &\($0)" } ?? "")))
      trailingComment(through: max(keyNode.range.end.line, firstLine(of: node)))
      block(node, indent: indent + 2, until: until)
    }
  }

  private mutating func item(_ node: Node, indent: Int, until: Int) {
    let start = blanks(indent) + "-"
    if let lines = literal(node, indent: indent + 2) {
      self.lines.append(Line(text: "\(start) \(lines[0])"))
      trailingComment(through: node.range.start.line)
      self.lines += lines.dropFirst().map { Line(text: $0) }
    } else if isInline(node, room: Self.width - start.count - 1) {
      lines.append(Line(text: "\(start) \(anchored(node, flow(node, isInFlow: false)))"))
      trailingComment(through: lastLine(of: node))
    } else if let anchor = node.anchor {
      lines.append(Line(text: "\(start) &\(anchor)"))
      block(node, indent: indent + 2, until: until)
    } else {
      let first = lines.count
      block(node, indent: indent + 2, until: until)
      // The first line of the block stands behind the dash, unless a comment had to go before it.
      if lines[first].text.hasPrefix(blanks(indent + 2)), !lines[first].text.hasPrefix(blanks(indent + 2) + "#") {
        lines[first].text = start + " " + lines[first].text.dropFirst(indent + 2)
      } else {
        lines.insert(Line(text: start), at: first)
      }
    }
  }

  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }

  private func firstLine(of node: Node) -> Int {
    // What stands in the line of an opening bracket belongs to the key before it.
    switch node.content {
    case .sequence(_, .flow), .mapping(_, .flow): node.range.start.line
    case .sequence, .mapping, .scalar, .alias: node.range.start.line - 1
    }
  }

  private func lastLine(of node: Node) -> Int {
    guard case .scalar(let scalar) = node.content, scalar.style == .literal || scalar.style == .folded else {
      return node.range.end.line
    }
    return node.range.start.line
  }

  /// The block's own lines of a text of several lines that can be one; the first is its mark.
  private func literal(_ node: Node, indent: Int) -> [String]? {
    guard case .scalar(let scalar) = node.content, scalar.style == .literal || scalar.style == .folded else {
      return nil
    }
    let body = scalar.text.hasSuffix("\n") ? String(scalar.text.dropLast()) : scalar.text
    let rows = body.split(separator: "\n", omittingEmptySubsequences: false)
    guard rows.count > 1, let last = rows.last, !last.isEmpty, let first = rows.first, let start = first.first,
      start != " ", start != "\t",
      rows.allSatisfy({ Scalar.quoted(String($0)).count == $0.count + 2 && !$0.hasSuffix(" ") })
    else { return nil }
    let mark = anchored(node, scalar.text.hasSuffix("\n") ? "|" : "|-")
    return [mark] + rows.map { $0.isEmpty ? "" : blanks(indent) + $0 }
  }

  // MARK: Single lines

  private func isInline(_ node: Node, room: Int) -> Bool {
    switch node.content {
    case .scalar, .alias: return true
    case .sequence(let items, let layout):
      if items.isEmpty { return !comments.isAny(inside: node.range) }
      guard layout == .flow else { return false }
    case .mapping(let entries, let layout):
      if entries.isEmpty { return !comments.isAny(inside: node.range) }
      guard layout == .flow else { return false }
    }
    return !comments.isAny(inside: node.range) && anchored(node, flow(node, isInFlow: true)).count <= room
  }

  private func anchored(_ node: Node, _ text: String) -> String {
    guard let anchor = node.anchor else { return text }
    return text.isEmpty ? "&\(anchor)" : "&\(anchor) \(text)"
  }

  /// - Parameter isValue: a missing value stays missing; elsewhere it has to be written.
  private func flow(_ node: Node, isInFlow: Bool, isValue: Bool = false) -> String {
    switch node.content {
    case .scalar(let scalar):
      if scalar.style != .plain { return Scalar.written(scalar.text) }
      return scalar.text.isEmpty && !isValue ? "null" : scalar.text
    case .alias(let name, _): return "*\(name)"
    case .sequence(let items, _):
      return "[\(items.map { anchored($0, flow($0, isInFlow: true)) }.joined(separator: ", "))]"
    case .mapping(let entries, _):
      let pairs = entries.map { entry in
        "\(key(entry.key, isInFlow: true)) \(anchored(entry.value, flow(entry.value, isInFlow: true)))"
      }
      return "{\(pairs.joined(separator: ", "))}"
    }
  }

  /// With its colon, which an alias keeps at a distance: `*name:` is all name.
  private func key(_ node: Node, isInFlow: Bool) -> String {
    let text = anchored(node, flow(node, isInFlow: isInFlow))
    return if case .alias = node.content { "\(text) :" } else { "\(text):" }
  }

  // MARK: Comments

  private mutating func leadingComments(before line: Int, indent: Int, blockStart: Int) {
    while let comment = pending, comment.start.line < line {
      write(comment, indent: indent, blockStart: blockStart)
    }
  }

  /// Comments below a block that are indented as it was.
  private mutating func endComments(column: Int, indent: Int, until: Int) {
    guard indent > 0 else { return }
    while let comment = pending, comment.isAlone, comment.start.column >= column, comment.start.line < until {
      write(comment, indent: indent, blockStart: 0)
    }
  }

  /// The comment at the end of the line that was written last.
  private mutating func trailingComment(through line: Int) {
    guard let comment = pending, comment.start.line <= line, !comment.isAlone else { return }
    lines[lines.count - 1].comment = comment.text
    written += 1
  }

  private var pending: Comments.Comment? {
    written < comments.all.count ? comments.all[written] : nil
  }

  private mutating func write(_ comment: Comments.Comment, indent: Int, blockStart: Int) {
    if comment.followsBlankLine { emptyLine(blockStart: blockStart) }
    lines.append(Line(text: blanks(indent) + comment.text))
    written += 1
  }

  private mutating func blankLine(before line: Int, blockStart: Int) {
    if comments.isBlank(line: line - 1) { emptyLine(blockStart: blockStart) }
  }

  /// One at most, and none where a block begins.
  private mutating func emptyLine(blockStart: Int) {
    if lines.count > blockStart, lines.last?.text != "" { lines.append(Line(text: "")) }
  }

  /// Comments at the ends of lines that follow each other stand below each other.
  private func aligned() -> String {
    var result: [String] = []
    var group: [Line] = []
    func flush() {
      let column = group.map(\.text.count).max() ?? 0
      result += group.map { $0.text + blanks(column - $0.text.count + 2) + ($0.comment ?? "") }
      group = []
    }
    for line in lines {
      if line.comment == nil {
        flush()
        result.append(line.text)
      } else {
        group.append(line)
      }
    }
    flush()
    return result.joined(separator: "\n") + "\n"
  }
}
