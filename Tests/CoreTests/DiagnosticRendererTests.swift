// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("Diagnostics are shown")
struct DiagnosticRendererTests {
  private func diagnostic(
    _ message: String, _ start: (Int, Int), _ end: (Int, Int), severity: Severity = .error, hint: String? = nil,
    notes: [String] = []
  ) -> Diagnostic {
    let span = SourceSpan(
      file: "a.yaml", start: SourcePosition(line: start.0, column: start.1),
      end: SourcePosition(line: end.0, column: end.1))
    return Diagnostic(severity, rule: "spec.value", message, span: span, hint: hint, notes: notes)
  }

  private func text(_ source: String, _ diagnostic: Diagnostic, color: Bool = false) -> String {
    DiagnosticRenderer(sources: ["a.yaml": SourceText(source)], color: color).text(diagnostic)
  }

  @Test("with place, rule, the line underlined, notes and the way out")
  func whole() {
    let shown = text(
      "name: x\ncidr: 10.0.0.1/8\n",
      diagnostic("wrong", (2, 7), (2, 17), hint: "did you mean \"10.0.0.0/8\"?", notes: ["a note"]))
    #expect(
      shown == """
        a.yaml:2:7: error: wrong  [spec.value]
          2 | cidr: 10.0.0.1/8
            |       ^^^^^^^^^^
           note: a note
           hint: did you mean "10.0.0.0/8"?

        """)
  }

  @Test("a span of several lines is underlined to the end of its first, without the blanks there")
  func severalLines() {
    let shown = text("members:  \n  - a\n", diagnostic("wrong", (1, 1), (3, 1)))
    #expect(shown.contains("  1 | members:  \n    | ^^^^^^^^\n"))
  }

  @Test("an empty span has one mark, also past the end of the line")
  func emptySpan() {
    #expect(text("name:\n", diagnostic("wrong", (1, 6), (1, 6))).contains("  1 | name:\n    |      ^\n"))
    #expect(text("name:\n", diagnostic("wrong", (1, 60), (1, 60))).contains("    |      ^\n"))
  }

  @Test("wide characters and tabs keep the marks below their text")
  func columns() {
    #expect(text("日本: x", diagnostic("wrong", (1, 5), (1, 6))).contains("  1 | 日本: x\n    |       ^\n"))
    #expect(text("a:\tx", diagnostic("wrong", (1, 4), (1, 5))).contains("    |   \t^\n"))
    #expect(text("cafe\u{301}: x", diagnostic("wrong", (1, 8), (1, 9))).contains("    |       ^\n"))
  }

  @Test("of a very long line a part around the offending text is shown")
  func longLine() {
    let source = String(repeating: "a", count: 100_000) + "BAD" + String(repeating: "b", count: 100_000)
    let shown = text(source, diagnostic("wrong", (1, 100_001), (1, 100_004)))
    let lines = shown.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 140 })
    let start = lines[1].firstIndex(of: "B").map { lines[1].distance(from: lines[1].startIndex, to: $0) }
    #expect(start == lines[2].firstIndex(of: "^").map { lines[2].distance(from: lines[2].startIndex, to: $0) })
    #expect(lines[2].hasSuffix("| " + String(repeating: " ", count: 41) + "^^^"))
  }

  @Test("nothing in a file or a message can steer the terminal")
  func controlCharacters() {
    let shown = text("name: \u{1b}[31m\u{202e}x", diagnostic("\u{1b}]0;title\u{7}", (1, 7), (1, 8), hint: "\u{9b}1m"))
    #expect(shown.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && !(0x7f...0x9f).contains($0.value)) })
    #expect(!shown.unicodeScalars.contains("\u{202e}"))
  }

  @Test("colour wraps words and adds no other text")
  func color() {
    let subject = diagnostic("wrong", (1, 1), (1, 5), severity: .warning)
    let plain = text("name: x", subject)
    let colored = text("name: x", subject, color: true)
    #expect(colored.contains("\u{1b}[1;33mwarning\u{1b}[0m"))
    #expect(colored.replacing(/\u{1b}\[[0-9;]*m/, with: "") == plain)
  }

  @Test("an unknown file or line is shown without an excerpt")
  func noExcerpt() {
    let subject = diagnostic("wrong", (7, 1), (7, 2))
    #expect(text("one line", subject) == "a.yaml:7:1: error: wrong  [spec.value]\n")
    #expect(DiagnosticRenderer().text(subject) == "a.yaml:7:1: error: wrong  [spec.value]\n")
  }

  @Test("a resource is named once: before the message, or in it")
  func address() {
    func text(_ message: String) -> String {
      DiagnosticRenderer().text(
        Diagnostic(.note, rule: "plan.pending", message, address: Address("rds/cluster", "main")))
    }
    #expect(text("it waits") == "note: rds/cluster.main: it waits  [plan.pending]\n")
    #expect(text("\"rds/cluster.main\" waits") == "note: \"rds/cluster.main\" waits  [plan.pending]\n")
  }

  @Test("a hint that several in a row have in common is told once, after the last of them")
  func commonHint() {
    let moved = ["a", "b", "c"].map { Diagnostic(.error, rule: "plan.stale", "\($0) moved", hint: "plan again") }
    let other = Diagnostic(.error, rule: "plan.other", "wrong", hint: "plan again")
    let lines = DiagnosticRenderer().text(moved + [other]).split(separator: "\n").map(String.init)
    #expect(
      lines == [
        "error: a moved  [plan.stale]", "error: b moved  [plan.stale]", "error: c moved  [plan.stale]",
        "  hint: plan again", "error: wrong  [plan.other]", "  hint: plan again",
      ])
    let placed = [diagnostic("one", (1, 1), (1, 2), hint: "so"), diagnostic("two", (2, 1), (2, 2), hint: "so")]
    #expect(placed.withHintsToldOnce == placed, "what is shown at its place is read there")
  }

  @Test("counts name each severity once")
  func summary() {
    let subjects = [Severity.error, .warning, .error].map { diagnostic("wrong", (1, 1), (1, 1), severity: $0) }
    #expect(DiagnosticRenderer.summary(subjects) == "2 errors, 1 warning")
    #expect(DiagnosticRenderer.summary([]) == nil)
  }

  @Test("as JSON, with what is known and nothing else")
  func json() {
    let subject = Diagnostics([
      diagnostic("wrong", (2, 7), (2, 17), hint: "mend it"), Diagnostic(.note, rule: "r", "m"),
    ])
    #expect(
      subject.json.text(keys: .kept) == """
        [{"severity":"error","rule":"spec.value","message":"wrong","file":"a.yaml","start":{"line":2,"column":7},\
        "end":{"line":2,"column":17},"hint":"mend it"},{"severity":"note","rule":"r","message":"m"}]
        """)
  }

  @Test("as SARIF, each result by the index of its rule and with a URI that is one")
  func sarif() throws {
    var subject = diagnostic("wrong", (2, 7), (2, 17), hint: "mend it")
    subject.span?.file = "/my specs/é.yaml"
    let rules = [
      RuleDescription(id: "other", name: "other", severity: .warning, what: "Else."),
      RuleDescription(id: "spec.value", name: "value", severity: .error, what: "What.", why: "Why.", wayOut: "mend it"),
    ]
    let text = Diagnostics([subject]).sarif(rules: rules, toolVersion: "1.2.3").text(keys: .kept)
    #expect(text.contains(#""version":"2.1.0""#))
    #expect(text.contains(#""ruleId":"spec.value","ruleIndex":1,"level":"error","message":{"text":"wrong\nmend it"}"#))
    #expect(text.contains(#""uri":"file:///my%20specs/%C3%A9.yaml""#))
    #expect(text.contains(#""region":{"startLine":2,"startColumn":7,"endLine":2,"endColumn":17}"#))
  }
}
