// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import FoundationXML

/// An XML element, without what AWS gives no meaning to: namespaces, comments, text around elements.
struct XMLNode: Sendable, Hashable {
  /// Without prefix.
  let name: String
  /// By their names as written: `xsi:type`.
  let attributes: [String: String]
  private(set) var children: [XMLNode] = []
  /// Of an element without children, as it stands.
  private(set) var text = ""

  fileprivate init(name: String, attributes: [String: String]) {
    self.name = name
    self.attributes = attributes
  }

  /// An element without name and content.
  static let empty = XMLNode(name: "", attributes: [:])

  func child(_ name: String) -> XMLNode? { children.first { $0.name == name } }

  fileprivate mutating func append(_ child: XMLNode) {
    children.append(child)
    text = ""
  }

  fileprivate mutating func append(_ more: String) {
    if children.isEmpty { text += more }
  }
}

extension XMLNode {
  private static let maxBytes = 64 << 20
  fileprivate static let maxDepth = 128

  /// Reads a whole document. A document type declaration is refused: AWS sends none, and it is how entities that expand
  /// without end, or name files, come in.
  init(parsing bytes: [UInt8]) throws(Unreadable) {
    guard bytes.count <= Self.maxBytes else { throw Unreadable("more than \(Self.maxBytes >> 20) MB of XML") }
    // FoundationXML traps on names that are not UTF-8.
    guard String(validating: bytes, as: UTF8.self) != nil else { throw Unreadable("XML that is not UTF-8") }
    var scan = XMLScan(bytes)
    guard scan.startsWithElement() else { throw Unreadable("XML that does not start with an element") }
    // FoundationXML traps on instructions without content; AWS sends none at all.
    guard !scan.hasInstruction() else { throw Unreadable("XML with a processing instruction") }
    let builder = XMLTreeBuilder()
    let parser = XMLParser(data: Data(bytes))
    parser.shouldResolveExternalEntities = false
    parser.delegate = builder
    let isWhole = parser.parse()
    if let refusal = builder.refusal { throw Unreadable(refusal) }
    guard isWhole, let root = builder.root else { throw Unreadable("not well-formed XML") }
    self = root
  }
}

private final class XMLTreeBuilder: NSObject, XMLParserDelegate {
  private(set) var root: XMLNode?
  /// Why the parser was stopped.
  private(set) var refusal: String?
  /// libxml2's `XML_WAR_NS_URI`, `XML_WAR_NS_URI_RELATIVE` and `XML_NS_ERR_...`: reading goes on after them.
  private static let namespaceComplaints: Set<Int> = [99, 100, 200, 201, 202, 203, 204, 205]
  /// The elements that are open, outermost first.
  private var open: [XMLNode] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    let localName = name.utf8.firstIndex(of: UInt8(ascii: ":")).map { String(name[name.index(after: $0)...]) } ?? name
    open.append(XMLNode(name: localName, attributes: attributes))
    if open.count > XMLNode.maxDepth { refuse("XML nested more than \(XMLNode.maxDepth) deep", parser) }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    guard let closed = open.popLast() else { return }
    if open.isEmpty { root = closed } else { open[open.count - 1].append(closed) }
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if !open.isEmpty { open[open.count - 1].append(text) }
  }

  func parser(_ parser: XMLParser, foundCDATA block: Data) {
    guard let text = String(data: block, encoding: .utf8) else { return }
    if !open.isEmpty { open[open.count - 1].append(text) }
  }

  /// What stands behind the root is reported here, and only here.
  func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
    let isAboutNamespaces = Self.namespaceComplaints.contains((error as NSError).code)
    if refusal == nil && !isAboutNamespaces { refusal = "not well-formed XML at line \(parser.lineNumber)" }
  }

  private func refuse(_ reason: String, _ parser: XMLParser) {
    refusal = reason
    parser.abortParsing()
  }
}

/// A look at a document before the parser's: is it of the plain kind that AWS sends?
private struct XMLScan {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Whether only the declaration of XML and comments come before the first element.
  ///
  /// A text in UTF-16 does not start so: nothing can hide in one.
  mutating func startsWithElement() -> Bool {
    _ = skip("\u{FEFF}")
    if skip("<?xml") {
      // Without a space after it the name is another, and this an instruction.
      let declaration = offset
      guard offset < bytes.count, " \t\r\n".utf8.contains(bytes[offset]), skip(past: "?>") else { return false }
      // Of a false declaration the parser believes less than this: what is marked up in it is not overlooked.
      guard !bytes[declaration..<offset].contains(UInt8(ascii: "<")) else { return false }
    }
    skipSpace()
    while skip("<!--") {
      if !skip(past: "-->") { return false }
      skipSpace()
    }
    return skip("<") && offset < bytes.count && isNameStart(bytes[offset])
  }

  /// Whether one follows, or what looks like one.
  mutating func hasInstruction() -> Bool { skip(past: "<?") }

  private func isNameStart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), 0x80...: true
    default: false
    }
  }

  private mutating func skip(_ text: String) -> Bool {
    guard bytes[offset...].starts(with: text.utf8) else { return false }
    offset += text.utf8.count
    return true
  }

  private mutating func skip(past text: String) -> Bool {
    while offset < bytes.count {
      if skip(text) { return true }
      offset += 1
    }
    return false
  }

  private mutating func skipSpace() {
    while offset < bytes.count, bytes[offset] == 0x20 || (0x09...0x0D).contains(bytes[offset]) { offset += 1 }
  }
}
