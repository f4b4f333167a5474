// SPDX-License-Identifier: Apache-2.0

package import Core

/// One YAML document read from bytes, and all that is wrong with it as YAML.
package struct Document: Sendable {
  /// nil when the file cannot be read as one document.
  package let root: Node?
  package let diagnostics: [Diagnostic]
}

/// Composes the events of one document into nodes with their places.
///
/// What cannot be understood at all ends the reading; what is merely forbidden is reported and left out, so that
/// everything else that is wrong is reported in the same run.
package struct Composer {
  private let file: String
  private let limits: YAMLLimits
  private var diagnostics: [Diagnostic] = []
  private var anchors: [String: Composed] = [:]
  private var nodes = 0

  /// A node with what it costs when an alias repeats it.
  private struct Composed {
    let node: Node
    let weight: Int
    let height: Int
  }

  /// The reading cannot go on; the diagnostic says why.
  private struct Stop: Error {
    let diagnostic: Diagnostic
  }

  package static func compose(_ bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()) -> Document {
    var composer = Composer(file: file, limits: limits)
    do throws(Stop) {
      let root = try composer.document(bytes)
      return Document(root: root, diagnostics: composer.diagnostics)
    } catch {
      return Document(root: nil, diagnostics: composer.diagnostics + [error.diagnostic])
    }
  }

  private init(file: String, limits: YAMLLimits) {
    self.file = file
    self.limits = limits
  }

  private mutating func document(_ bytes: [UInt8]) throws(Stop) -> Node {
    guard bytes.count <= limits.bytes else { throw Stop(diagnostic: .tooLarge(file: file, limit: limits.bytes)) }
    guard !bytes.isEmpty else { throw Stop(diagnostic: .emptyFile(file: file)) }
    // A method cannot hand `self` to a closure and change it there: the work is done on a copy that is handed back.
    var composer = self
    defer { self = composer }
    return try EventReader.reading(bytes) { (events) throws(Stop) -> Node in
      try composer.root(&events, bytes)
    }
  }

  private mutating func root(_ events: inout EventReader, _ bytes: [UInt8]) throws(Stop) -> Node {
    _ = try next(&events, bytes)
    let start = try next(&events, bytes)
    guard case .documentStart = start.kind else { throw Stop(diagnostic: .emptyFile(file: file)) }
    let root = try compose(try next(&events, bytes), &events, bytes, depth: 0).node
    _ = try next(&events, bytes)
    let after = try next(&events, bytes)
    if case .documentStart = after.kind { throw Stop(diagnostic: .secondDocument(after.range.span(in: file))) }
    return root
  }

  private func next(_ events: inout EventReader, _ bytes: [UInt8]) throws(Stop) -> Event {
    do throws(SyntaxError) {
      return try events.next()
    } catch {
      throw Stop(diagnostic: .syntax(error, bytes, file: file))
    }
  }

  private mutating func compose(
    _ event: Event, _ events: inout EventReader, _ bytes: [UInt8], depth: Int
  ) throws(Stop) -> Composed {
    if let tag = event.tag { diagnostics.append(.tag(tag, event.range.span(in: file))) }
    let composed: Composed
    switch event.kind {
    case .alias(let name): return try alias(name, event.range, depth: depth)
    case .scalar(let scalar):
      try count(1, at: event.range, byAlias: false)
      composed = Composed(
        node: Node(content: .scalar(scalar), range: event.range, anchor: event.anchor), weight: 1, height: 0)
    case .sequenceStart(let layout):
      composed = try sequence(layout, event, &events, bytes, depth: try deeper(depth, event.range))
    case .mappingStart(let layout):
      composed = try mapping(layout, event, &events, bytes, depth: try deeper(depth, event.range))
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
      throw Stop(diagnostic: .emptyFile(file: file))
    }
    if let anchor = event.anchor { anchors[anchor] = composed }
    return composed
  }

  private mutating func alias(_ name: String, _ range: TextRange, depth: Int) throws(Stop) -> Composed {
    guard let target = anchors[name] else { throw Stop(diagnostic: .unknownAlias(name, range.span(in: file))) }
    try count(target.weight, at: range, byAlias: true)
    _ = try deeper(depth + target.height - 1, range)
    let node = Node(content: .alias(name, target.node), range: range, anchor: nil)
    return Composed(node: node, weight: target.weight, height: target.height)
  }

  private mutating func sequence(
    _ layout: Node.Layout, _ start: Event, _ events: inout EventReader, _ bytes: [UInt8], depth: Int
  ) throws(Stop) -> Composed {
    try count(1, at: start.range, byAlias: false)
    var items: [Node] = []
    var (weight, height) = (1, 0)
    while true {
      let event = try next(&events, bytes)
      if case .sequenceEnd = event.kind {
        let range = TextRange(start.range.start, event.range.end)
        let node = Node(content: .sequence(items, layout), range: range, anchor: start.anchor)
        return Composed(node: node, weight: weight, height: height + 1)
      }
      let item = try compose(event, &events, bytes, depth: depth)
      items.append(item.node)
      weight += item.weight
      height = max(height, item.height)
    }
  }

  private mutating func mapping(
    _ layout: Node.Layout, _ start: Event, _ events: inout EventReader, _ bytes: [UInt8], depth: Int
  ) throws(Stop) -> Composed {
    try count(1, at: start.range, byAlias: false)
    var entries: [Node.Entry] = []
    var places: [String: SourcePosition] = [:]
    var (weight, height) = (1, 0)
    while true {
      let event = try next(&events, bytes)
      if case .mappingEnd = event.kind {
        let range = TextRange(start.range.start, event.range.end)
        let node = Node(content: .mapping(entries, layout), range: range, anchor: start.anchor)
        return Composed(node: node, weight: weight, height: height + 1)
      }
      let key = try compose(event, &events, bytes, depth: depth)
      let value = try compose(try next(&events, bytes), &events, bytes, depth: depth)
      weight += key.weight + value.weight
      height = max(height, key.height, value.height)
      if isUsable(key.node, &places) { entries.append(Node.Entry(key: key.node, value: value.node)) }
    }
  }

  /// Reports a key that cannot be one.
  private mutating func isUsable(_ key: Node, _ places: inout [String: SourcePosition]) -> Bool {
    let span = key.range.span(in: file)
    guard case .scalar(let scalar) = key.target.content else {
      diagnostics.append(.keyIsNoText(span))
      return false
    }
    if scalar.style == .plain, scalar.text == "<<" {
      diagnostics.append(.mergeKey(span))
      return false
    }
    if let first = places[scalar.text] {
      diagnostics.append(.duplicateKey(scalar.text, span, first: first))
      return false
    }
    places[scalar.text] = key.range.start
    return true
  }

  private mutating func count(_ more: Int, at range: TextRange, byAlias: Bool) throws(Stop) {
    nodes += more
    guard nodes <= limits.nodes else {
      let span = range.span(in: file)
      throw Stop(
        diagnostic: byAlias
          ? .expansion(span, limit: limits.nodes) : .tooManyNodes(span, limit: limits.nodes))
    }
  }

  private func deeper(_ depth: Int, _ range: TextRange) throws(Stop) -> Int {
    guard depth < limits.depth else {
      throw Stop(diagnostic: .tooDeep(range.span(in: file), limit: limits.depth))
    }
    return depth + 1
  }
}
