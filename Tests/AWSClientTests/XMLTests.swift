// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AWSClient

@Suite("XML")
struct XMLTests {
  private func node(_ text: String) throws -> XMLNode { try XMLNode(parsing: Array(text.utf8)) }

  @Test("elements, attributes and text are read, prefixes left out")
  func tree() throws {
    let root = try node(
      """
      <?xml version="1.0"?><ns:a xmlns:ns="http://x" xmlns="http://y" xsi:type="t">
        <b>1 &amp; 2&#10;</b><!-- no --><b><![CDATA[<3>]]></b><c/>
      </ns:a>
      """)
    #expect(root.name == "a")
    #expect(root.attributes == ["xmlns:ns": "http://x", "xmlns": "http://y", "xsi:type": "t"])
    #expect(root.children.map(\.text) == ["1 & 2\n", "<3>", ""])
    #expect(root.text == "")
  }

  @Test(
    "what is not well-formed is refused",
    arguments: ["", "x", "<a>", "<a></b>", "<a/><b/>", "<a>&nope;</a>", "<a b=c/>", "<a>\u{1}</a>"])
  func malformed(_ text: String) {
    #expect(throws: Unreadable.self) { try node(text) }
  }

  @Test("what is not UTF-8 is refused, in names too")
  func notUTF8() {
    for bytes in [[0x3C, 0xEF, 0xEF, 0x2F, 0x3E], Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)] as [[UInt8]] {
      #expect(throws: Unreadable.self) { try XMLNode(parsing: bytes) }
    }
  }

  @Test(
    "processing instructions are refused",
    arguments: ["<?x?><a/>", "<a><?x?></a>", "<a/><?x y?>", "<?xml", "<?xmlTF-8z?><a/>", "<?xml v=\"<?x?><a/>"])
  func instructions(_ text: String) {
    #expect(throws: Unreadable.self) { try node(text) }
  }

  @Test("nesting is bounded")
  func depth() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }
    _ = try node(nested(128))
    let error = try #require(throws: Unreadable.self) { try node(nested(50_000)) }
    #expect(error.message == "XML nested more than 128 deep")
  }

  @Test("entities of its own are refused before they expand, and nothing outside is read")
  func entities() throws {
    let laughs = (1..<30).map { "<!ENTITY l\($0) \"&l\($0 - 1);&l\($0 - 1);\">" }.joined()
    let bomb = "<!DOCTYPE a [<!ENTITY l0 \"ha\">\(laughs)]><a>&l29;</a>"
    let error = try #require(throws: Unreadable.self) { try node(bomb) }
    #expect(error.message == "XML that does not start with an element")
    let file = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/hostname\">]><a>&e;</a>"
    #expect(throws: Unreadable.self) { try node(file) }
    #expect(throws: Unreadable.self) { try node("<?xml version=\"1.0\"?><!-- --> \(file)") }
    let wide = file.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(throws: Unreadable.self) { try XMLNode(parsing: [0xFF, 0xFE] + wide) }
    #expect(throws: Unreadable.self) { try XMLNode(parsing: wide) }
  }

  @Test("a list is empty when its element is there and holds nothing, and absent when it is not")
  func lists() throws {
    let shape = StructureShape("S", [Member("L", .list(.string)), Member("M", .list(.string))])
    let fields = try XMLBody.decode(try node("<S><L/></S>"), shape)
    #expect(fields[0] == .list([]))
    #expect(fields[1] == nil)
  }

  @Test("an empty number or moment is absent, a wrong one unreadable with its place")
  func scalars() throws {
    let inner = StructureShape("I", [Member("N", .integer), Member("T", .timestamp())])
    let shape = StructureShape("S", [Member("I", .structure { inner })])
    let fields = try XMLBody.decode(try node("<S><I><N/><T></T></I></S>"), shape)
    #expect(fields[0] == .structure(Fields(count: 2)))
    let error = try #require(throws: Unreadable.self) {
      try XMLBody.decode(try node("<S><I><N>many</N></I></S>"), shape)
    }
    #expect(error.description == "I.N: \"many\" is no whole number")
  }
}
