// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Spec
import Testing

@Suite("A spec has one canonical form")
struct FormatTests {
  private func formatted(_ text: String) throws -> String {
    do {
      return try SpecFormat.formatted(Array(text.utf8), file: "a.yaml")
    } catch {
      Issue.record("\(error.all.map(\.message))")
      throw error
    }
  }

  private func expect(
    _ text: String, becomes expected: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let once = try formatted(text)
    #expect(once == expected, sourceLocation: sourceLocation)
    #expect(try formatted(once) == once, "formatting twice changed it", sourceLocation: sourceLocation)
  }

  @Test("the specs of this repository have it", arguments: ["specs/payments.yaml", "specs/minimal.yaml"])
  func ours(_ path: String) throws {
    let text = try Repository.text(path)
    #expect(try formatted(text) == text)
  }

  @Test(
    "formatting a fixture twice changes nothing more, and its reading stays the same", arguments: Rule.all.map(\.id))
  func fixtures(_ id: String) throws {
    for name in ["fail", "pass"] {
      let text = try Repository.text("Tests/SpecTests/Fixtures/rules/\(id)/\(name).yaml")
      let once = try formatted(text)
      #expect(try formatted(once) == once)
      #expect(read(once).rules == read(text).rules)
    }
  }

  @Test("indentation is two spaces and quotes stand where they are needed")
  func indentation() throws {
    try expect(
      "a:\n     b: 'text'\n     c: \"15.10\"\nd:\n- 'x: y'\n-    e: 1\n     f: \"no\"\n",
      becomes: "a:\n  b: text\n  c: \"15.10\"\nd:\n  - \"x: y\"\n  - e: 1\n    f: \"no\"\n")
  }

  @Test("comments stay with what they were written for")
  func comments() throws {
    try expect(
      """
      # head

      a: 1 # one
      bcd:    # key
          # first
          e: "#no comment" # two
          # last of bcd
      # before f
      f: [1,   2] # three
      # end
      """,
      becomes: """
        # head

        a: 1  # one
        bcd:  # key
          # first
          e: "#no comment"  # two
          # last of bcd
        # before f
        f: [1, 2]  # three
        # end

        """)
  }

  @Test("comments at the ends of neighbouring lines are aligned")
  func alignment() throws {
    try expect(
      "a: 1 # x\nlonger: 2 # y\nb: 3\nc: 4 # z\n", becomes: "a: 1       # x\nlonger: 2  # y\nb: 3\nc: 4  # z\n")
  }

  @Test("a collection in brackets with comments inside gets one line per item")
  func flowWithComments() throws {
    try expect(
      "zones: [ # all\n  a, # first\n  b\n] # done\nnext: 1\n",
      becomes: "zones:  # all\n  - a   # first\n  - b\n# done\nnext: 1\n")
  }

  @Test("a collection in brackets that is too long gets one line per item, a short one stays")
  func longFlow() throws {
    let items = (0..<30).map { "item-number-\($0)" }
    try expect(
      "a: {b: 1,c: [ ]}\nlong: [\(items.joined(separator: ","))]\n",
      becomes: "a: {b: 1, c: []}\nlong:\n" + items.map { "  - \($0)\n" }.joined())
  }

  @Test("one blank line of many stays, none at the start of a block")
  func blankLines() throws {
    try expect("a:\n\n  b: 1\n\n\n  c: 2\n\n\n\nd: 3\n\n\n", becomes: "a:\n  b: 1\n\n  c: 2\n\nd: 3\n")
  }

  @Test("anchors, aliases and missing values stay what they are")
  func anchors() throws {
    try expect(
      "a: &x {b: 1}\nc: *x\nd: &y\n  e: &z text\nf: [*z, ~]\n*z : 1\ng:\nh:\n  - &w\n    i: 1\n  -\n",
      becomes: "a: &x {b: 1}\nc: *x\nd: &y\n  e: &z text\nf: [*z, ~]\n*z : 1\ng:\nh:\n  - &w\n    i: 1\n  - null\n")
  }

  @Test("texts of several lines keep their lines")
  func literals() throws {
    try expect(
      "sql: |   # why\n    select 1;\n\n      select 2\nfolded: >-\n  one\n  two\nnext: 1\n",
      becomes: "sql: |  # why\n  select 1;\n\n    select 2\nfolded: one two\nnext: 1\n")
  }

  @Test("lists of lists and of mappings are written on the line of their dash")
  func nested() throws {
    try expect(
      "-\n  - a\n  - b\n# c\n-\n  d: 1\n  e: 2\n", becomes: "- - a\n  - b\n# c\n- d: 1\n  e: 2\n")
  }

  @Test("what is not YAML is refused with its place")
  func refused() {
    #expect(throws: Diagnostics.self) { try SpecFormat.formatted(Array("a: [1\nb: 2\n".utf8), file: "a.yaml") }
  }

  @Test("random documents mean the same afterwards, and formatting them twice changes nothing", arguments: 0..<300)
  func random(_ seed: UInt64) throws {
    var writer = RandomYAML(seed: seed)
    let text = writer.document()
    let once = try formatted(text)
    #expect(try formatted(once) == once, "\(text)")
    #expect(comments(once) == comments(text), "\(text)")
  }

  /// The comments that the generator writes, each of which is a word of its own.
  private func comments(_ text: String) -> [String] {
    text.matches(of: /# note [0-9]+/).map { String($0.output) }
  }
}

/// Writes YAML documents with comments, blank lines, quotes, brackets and odd indentation.
private struct RandomYAML {
  private var generator: SplitMix
  private var notes = 0

  init(seed: UInt64) {
    generator = SplitMix(state: seed)
  }

  mutating func document() -> String {
    (chance(4) ? "\(note())\n\n" : "") + mapping(indent: 0, depth: 0) + (chance(3) ? "\(note())\n" : "")
  }

  private mutating func mapping(indent: Int, depth: Int) -> String {
    let step = Int.random(in: 1...4, using: &generator)
    return (0..<Int.random(in: 1...4, using: &generator)).map { index in
      interlude(indent) + blanks(indent) + "key\(index):" + value(indent: indent, step: step, depth: depth)
    }.joined()
  }

  private mutating func sequence(indent: Int, depth: Int) -> String {
    (0..<Int.random(in: 1...3, using: &generator)).map { _ in
      interlude(indent) + blanks(indent) + "-"
        + (chance(3) && depth < 3
          ? " inner: 1\(end())\n\(blanks(indent + 2))other: \(scalar())\(end())\n"
          : " \(chance(2) ? scalar() : flow(depth: depth))\(end())\n")
    }.joined()
  }

  private mutating func value(indent: Int, step: Int, depth: Int) -> String {
    switch Int.random(in: 0..<(depth < 3 ? 6 : 3), using: &generator) {
    case 0: end() + "\n"
    case 1: " \(scalar())\(end())\n"
    case 2: " \(flow(depth: depth))\(end())\n"
    case 3: "\(end())\n" + sequence(indent: indent + (chance(2) ? 0 : step), depth: depth + 1)
    default: "\(end())\n" + mapping(indent: indent + step, depth: depth + 1)
    }
  }

  private mutating func flow(depth: Int) -> String {
    let items = (0..<Int.random(in: 0...3, using: &generator)).map { index in
      chance(2) || depth > 2 ? scalar() : flow(depth: depth + 1)
    }
    let separator = chance(3) ? ",   " : ","
    guard chance(2) else { return "[\(items.joined(separator: separator))]" }
    return "{\(items.enumerated().map { "k\($0.offset): \($0.element)" }.joined(separator: separator))}"
  }

  private mutating func scalar() -> String {
    let scalars = [
      "word", "two words", "15.10", "'15.10'", "\"no\"", "no", "'it''s'", "\"a # b\"", "a#b", "\"x: y\"", "~", "\"\"",
      "\"tab\\there\"", "10.0.0.0/16", "\"[\"", "-1", "'{'", "é日本",
    ]
    return scalars[Int.random(in: 0..<scalars.count, using: &generator)]
  }

  private mutating func interlude(_ indent: Int) -> String {
    (chance(5) ? "\n" : "") + (chance(6) ? "\(blanks(indent))\(note())\n" : "") + (chance(9) ? "\n\n" : "")
  }

  private mutating func end() -> String { chance(5) ? "  \(note())" : "" }

  private mutating func note() -> String {
    notes += 1
    return "# note \(notes)"
  }

  private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }
  private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}

/// A small generator whose numbers are the same everywhere.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
