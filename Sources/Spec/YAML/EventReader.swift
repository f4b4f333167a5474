// SPDX-License-Identifier: Apache-2.0

internal import CYAML
internal import Core

/// One step of a YAML text, as libyaml tells it.
struct Event {
  enum Kind {
    case streamStart
    case streamEnd
    case documentStart
    case documentEnd
    case alias(String)
    case scalar(Scalar)
    case sequenceStart(Node.Layout)
    case sequenceEnd
    case mappingStart(Node.Layout)
    case mappingEnd
  }

  let kind: Kind
  let range: TextRange
  let anchor: String?
  let tag: String?
}

/// Why libyaml could not go on.
struct SyntaxError: Error {
  let problem: String
  /// What it was in the middle of, for example `while parsing a block mapping`.
  let context: String?
  let contextStart: SourcePosition?
  /// nil when the bytes are no text: then `byteOffset` says where.
  let position: SourcePosition?
  let byteOffset: Int
}

/// libyaml's event parser over bytes in memory.
struct EventReader: ~Copyable {
  /// On the heap, as libyaml keeps its address.
  private let parser: UnsafeMutablePointer<yaml_parser_t>

  /// Lets `body` read the events of `bytes`, which it must not outlive.
  static func reading<Result, Failure: Error>(
    _ bytes: [UInt8], _ body: (inout EventReader) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in
      var reader = EventReader(buffer)
      return try body(&reader)
    }
  }

  private init(_ bytes: UnsafeBufferPointer<UInt8>) {
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else { fatalError("out of memory") }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// - Precondition: neither `streamEnd` nor an error has been returned.
  mutating func next() throws(SyntaxError) -> Event {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw failure }
    defer { yaml_event_delete(&raw) }
    let range = TextRange(SourcePosition(raw.start_mark), SourcePosition(raw.end_mark))
    func event(_ kind: Event.Kind, anchor: UnsafePointer<UInt8>? = nil, tag: UnsafePointer<UInt8>? = nil) -> Event {
      Event(
        kind: kind, range: range, anchor: anchor.map { String(cString: $0) }, tag: tag.map { String(cString: $0) })
    }
    switch raw.type {
    case YAML_STREAM_START_EVENT: return event(.streamStart)
    case YAML_DOCUMENT_START_EVENT: return event(.documentStart)
    case YAML_DOCUMENT_END_EVENT: return event(.documentEnd)
    case YAML_ALIAS_EVENT: return event(.alias(String(cString: raw.data.alias.anchor)))
    case YAML_SCALAR_EVENT:
      let scalar = raw.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return event(.scalar(Scalar(text: text, style: .init(scalar.style))), anchor: scalar.anchor, tag: scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      let start = raw.data.sequence_start
      let layout: Node.Layout = start.style == YAML_FLOW_SEQUENCE_STYLE ? .flow : .block
      return event(.sequenceStart(layout), anchor: start.anchor, tag: start.tag)
    case YAML_SEQUENCE_END_EVENT: return event(.sequenceEnd)
    case YAML_MAPPING_START_EVENT:
      let start = raw.data.mapping_start
      let layout: Node.Layout = start.style == YAML_FLOW_MAPPING_STYLE ? .flow : .block
      return event(.mappingStart(layout), anchor: start.anchor, tag: start.tag)
    case YAML_MAPPING_END_EVENT: return event(.mappingEnd)
    default: return event(.streamEnd)
    }
  }

  private var failure: SyntaxError {
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "the text cannot be read"
    let isScanned = state.error == YAML_SCANNER_ERROR || state.error == YAML_PARSER_ERROR
    return SyntaxError(
      problem: problem, context: state.context.map { String(cString: $0) },
      contextStart: state.context == nil ? nil : SourcePosition(state.context_mark),
      position: isScanned ? SourcePosition(state.problem_mark) : nil, byteOffset: state.problem_offset)
  }
}

extension SourcePosition {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: mark.line + 1, column: mark.column + 1)
  }
}

extension Scalar.Style {
  fileprivate init(_ style: yaml_scalar_style_t) {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: self = .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: self = .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: self = .literal
    case YAML_FOLDED_SCALAR_STYLE: self = .folded
    default: self = .plain
    }
  }
}
