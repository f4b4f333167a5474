// SPDX-License-Identifier: Apache-2.0

import Core
import Spec
import Testing

@Suite("YAML is read strictly")
struct YAMLTests {
  @Test(
    "what readers of YAML disagree on is refused with what it would become, and how to write it",
    arguments: [
      ("no", "no without quotes is the boolean false to many YAML readers"),
      ("Yes", "Yes without quotes is the boolean true to many YAML readers"),
      ("y", "y without quotes is the boolean true to many YAML readers"),
      ("OFF", "OFF without quotes is the boolean false to many YAML readers"),
      ("1:30", "1:30 without quotes is the base 60 number 90 to some YAML readers"),
      ("0123", "0123 without quotes is the octal number 83 to some YAML readers"),
      ("089", "089 without quotes is the number 89 to some YAML readers"),
      ("0x1F", "0x1F without quotes is the hexadecimal number 31 to some YAML readers"),
      ("0o17", "0o17 without quotes is the octal number 15 to some YAML readers"),
      ("1_000", "1_000 without quotes is the number 1000 to some YAML readers"),
      ("15.10", "15.10 without quotes is the number 15.1 to a YAML reader"),
      ("1e3", "1e3 without quotes is the number 1000 to a YAML reader"),
      (".5", ".5 without quotes is the number 0.5 to a YAML reader"),
      (".inf", ".inf without quotes is infinity to some YAML readers"),
      ("42", "42 without quotes is a number to a YAML reader"),
      ("2026-11-22", "2026-11-22 without quotes is a date to many YAML readers"),
    ])
  func ambiguous(_ text: String, _ message: String) throws {
    let reading = read(try minimal(("dns:", "tags: {key: \(text)}\ndns:")))
    #expect(
      reading.lines.map { $0.drop { $0 != " " }.dropFirst() } == ["yaml.ambiguous \(message) (write \"\(text)\")"])
    #expect(read(try minimal(("dns:", "tags: {key: \"\(text)\"}\ndns:"))).lines == [])
  }

  @Test("an account number without quotes is told what it loses")
  func account() throws {
    let reading = read(try minimal(("\"111122223333\"", "011122223333")))
    #expect(
      reading.lines == [
        "5:10 yaml.ambiguous 011122223333 without quotes is the octal number 1229530843 to some YAML readers "
          + "(write \"011122223333\")"
      ])
    #expect(read(try minimal(("\"111122223333\"", "111122223333"))).rules == ["yaml.ambiguous"])
  }

  @Test("a version without quotes is told that it is another one")
  func version() throws {
    let reading = read(try minimal(("\"15.10\"", "15.10")))
    #expect(
      reading.lines == [
        "13:22 yaml.ambiguous 15.10 without quotes is the number 15.1 to a YAML reader (write \"15.10\")"
      ])
  }

  @Test(
    "numbers and booleans are written in the one form that all readers share",
    arguments: [
      ("port: \"5432\"", "spec.type"), ("port: 05432", "yaml.ambiguous"), ("port: 1_5432", "yaml.ambiguous"),
      ("port: 5432.0", "spec.type"), ("port: +5432", "yaml.ambiguous"),
      ("port: 99999999999999999999", "yaml.ambiguous"),
      ("port: many", "spec.type"), ("port: []", "spec.type"), ("port: 80", "spec.value"),
      ("dataAPI: yes", "yaml.ambiguous"), ("dataAPI: True", "yaml.ambiguous"), ("dataAPI: \"true\"", "spec.type"),
      ("dataAPI: 1", "spec.type"), ("dataAPI: maybe", "spec.type"), ("dataAPI:", "spec.no-value"),
      ("dataAPI: ~", "spec.no-value"),
    ])
  func scalars(_ line: String, _ rule: String) throws {
    #expect(read(try minimal(("  database: app", "  database: app\n  \(line)"))).rules == [rule])
  }

  @Test(
    "forbidden YAML is refused at its place, and the rest of the file is still checked",
    arguments: [
      ("tags: {a: 1st, a: 2nd}", "yaml.duplicate-key", 7, 16), ("tags: {<<: {a: b}}", "yaml.merge-key", 7, 8),
      ("tags: !!map {a: b}", "yaml.tag", 7, 7), ("tags: {a: !secret b}", "yaml.tag", 7, 11),
      ("tags: {[a]: b}", "yaml.key", 7, 8), ("tags: {\n\ta: b}", "yaml.tab", 8, 1),
    ])
  func forbidden(_ line: String, _ rule: String, _ row: Int, _ column: Int) throws {
    let reading = read(try minimal(("region: us-east-1\n", "region: us-east-1\n\(line)\n"), ("max: 8", "max: 0.5")))
    #expect(reading.rules == [rule, "HA012"])
    #expect(reading.diagnostics.all[0].span?.start == SourcePosition(line: row, column: column))
  }

  @Test(
    "a file that cannot be read on is refused with its place",
    arguments: [
      ("", "yaml.empty", 1, 1), ("# nothing\n", "yaml.empty", 1, 1), ("a: b\n---\nc: d\n", "yaml.documents", 2, 1),
      ("a: [1\nb: 2\n", "yaml.syntax", 2, 2), ("a:\n\tb: 1\n", "yaml.tab", 2, 1), ("a: \"b\n", "yaml.syntax", 2, 1),
      ("a: b: c\n", "yaml.syntax", 1, 5), ("a: @b\n", "yaml.syntax", 1, 4), ("a: *b\n", "yaml.alias", 1, 4),
      ("a: &a [*a]\n", "yaml.alias", 1, 8), ("a: b\n\u{7}", "yaml.syntax", 2, 1),
    ])
  func unreadable(_ text: String, _ rule: String, _ row: Int, _ column: Int) {
    let reading = read(text)
    #expect(reading.rules == [rule])
    #expect(reading.diagnostics.all[0].span?.start == SourcePosition(line: row, column: column))
    #expect(reading.diagnostics.all[0].hint != nil)
  }

  @Test("bytes that are no UTF-8 are refused with their place")
  func notUTF8() {
    let reading = SpecFile.read(Array("name: é\nregion: ".utf8) + [0xff, 0x0a], file: "a.yaml")
    #expect(reading.rules == ["yaml.syntax"])
    #expect(reading.diagnostics.all[0].span?.start == SourcePosition(line: 2, column: 9))
    #expect(reading.diagnostics.all[0].hint == "save the file as UTF-8")
  }

  @Test("a byte order mark is no error, and columns count characters")
  func characters() throws {
    #expect(read("\u{feff}" + (try minimal())).lines == [])
    let reading = read(try minimal(("region: us-east-1\n", "region: us-east-1\ntags: {é: 日本, b: no}\n")))
    #expect(reading.diagnostics.all.map(\.span?.start) == [SourcePosition(line: 7, column: 18)])
  }

  @Test("anchors and aliases of whole values may be used")
  func aliases() throws {
    let text = try minimal(
      ("name: a, zone: us-east-1a", "name: a, zone: &first us-east-1a"),
      ("{name: b, zone: us-east-1b}", "{name: b, zone: us-east-1b}\n    - {name: d, zone: *first}"))
    #expect(try #require(read(text).stack).cluster.members.map(\.zone).contains("us-east-1a"))
  }
}

@Suite("What a file may cost is bounded")
struct LimitTests {
  @Test("a billion laughs are refused in less than a tenth of a second")
  func laughs() {
    var text = "a0: &a0 [\(Array(repeating: "ha", count: 10).joined(separator: ","))]\n"
    for level in 1...9 {
      text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ","))]\n"
    }
    let took = processorTime { #expect(read(text).rules == ["yaml.expansion"]) }
    #expect(took < .milliseconds(100))
  }

  @Test("a chain of aliases cannot nest deeper than brackets can")
  func chain() {
    let text = "a0: &a0 [x]\n" + (1...100).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
    #expect(read(text).rules == ["yaml.depth"])
  }

  @Test("nesting is refused before it costs anything", arguments: ["[", "{a: ", "- ", "? "])
  func depth(_ opening: String) {
    let text = String(repeating: opening, count: 100_000)
    let took = processorTime { #expect(read(text).rules == ["yaml.depth"]) }
    #expect(took < .seconds(1))
  }

  @Test("a file with too many values or bytes is refused")
  func size() {
    #expect(read("[" + String(repeating: "1,", count: 250_000) + "1]").rules == ["yaml.size"])
    #expect(read(String(repeating: "# a comment\n", count: 200_000)).rules == ["yaml.size"])
  }

  @Test("of ten thousand errors in a megabyte the first are shown and the others counted")
  func manyErrors() throws {
    let filler = String(repeating: "x", count: 75)
    let text = try minimal() + (0..<10_000).map { "unknown-key-\($0): \"a value, \(filler)\"\n" }.joined()
    #expect(text.utf8.count > 1_000_000)
    var (reading, shown) = (read(""), "")
    let took = processorTime {
      reading = read(text)
      let source = SourceText(Array(text.utf8))
      shown = DiagnosticRenderer(sources: ["spec.yaml": source]).text(reading.diagnostics.all)
    }
    #expect(reading.diagnostics.all.count == SpecFile.mostListed + 1)
    #expect(reading.lines.last?.hasPrefix("spec.more and 9900 more problems, of which 9900 are errors") == true)
    #expect(shown.utf8.count < 50_000)
    #expect(took < .seconds(10), "an unoptimised build needs a few")
  }
}
