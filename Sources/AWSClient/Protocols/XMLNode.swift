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

  /// Reads a whole document. A document type declaration is refused: AWS sends none, and entities are how XML bites.
  init(parsing bytes: [UInt8]) throws(Unreadable) {
    guard bytes.count <= Self.maxBytes else { throw Unreadable("more than \(Self.maxBytes >> 20) MB of XML") }
    let builder = XMLTreeBuilder()
    let parser = XMLParser(data: Data(bytes))
    parser.shouldResolveExternalEntities = false
    parser.delegate = builder
    let isWhole = parser.parse()
    if let refusal = builder.refusal { throw Unreadable(refusal) }
    guard isWhole, let root = builder.root else {
      throw Unreadable("not well-formed XML at line \(parser.lineNumber)")
    }
    self = root
  }
}

private final class XMLTreeBuilder: NSObject, XMLParserDelegate {
  private(set) var root: XMLNode?
  /// Why the parser was stopped.
  private(set) var refusal: String?
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

  func parser(_ parser: XMLParser, foundInternalEntityDeclarationWithName name: String, value: String?) {
    refuse("XML with entities of its own", parser)
  }

  func parser(
    _ parser: XMLParser, foundExternalEntityDeclarationWithName name: String, publicID: String?, systemID: String?
  ) {
    refuse("XML with entities of its own", parser)
  }

  private func refuse(_ reason: String, _ parser: XMLParser) {
    refusal = reason
    parser.abortParsing()
  }
}
