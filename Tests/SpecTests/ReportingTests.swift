// SPDX-License-Identifier: Apache-2.0

import Core
import Spec
import Testing

@Suite("Everything wrong with a spec is reported at once, and once")
struct ReportingTests {
  @Test("many mistakes of all sorts are reported in the order of the file")
  func everything() throws {
    let text = try minimal(
      ("kind: PostgresStack", "kind: postgresstack"), ("\"111122223333\"", "111122223333"),
      ("  cidr: 10.30.0.0/16", "  cidr: 10.30.0.7/16"), ("capacity: {min: 1, max: 8}", "capactiy: {min: 1, max: 8}"),
      ("name: b, zone: us-east-1b", "name: b, zone: us-east-1"), ("dns:", "changes: {}\n\ndns:"))
    #expect(
      read(text).lines == [
        "3:7 spec.choice \"postgresstack\" is not one of \"PostgresStack\" (did you mean \"PostgresStack\"?)",
        "5:10 yaml.ambiguous 111122223333 without quotes is a number to a YAML reader (write \"111122223333\")",
        "9:9 spec.value \"10.30.0.7/16\" is not an IPv4 range: an address, a slash and a prefix length, as in "
          + "\"10.20.0.0/16\" (did you mean \"10.30.0.0/16\"?)",
        "15:3 spec.unknown-key \"cluster\" has no \"capactiy\" (did you mean \"capacity\"?)",
        "18:23 spec.value \"us-east-1\" is not an availability zone: its region and one letter, as in \"us-east-1a\"",
        "21:1 spec.not-supported-yet \"changes\" is not supported yet "
          + "(leave the section out for now: this version would not act on it)",
      ])
  }

  @Test("problems are shown with their line, the offending text underlined and the way out")
  func rendered() throws {
    let text = try minimal(
      ("capacity: {min: 1, max: 8}", "capacity: {min: 0, max: 8}"), ("zone: minimal", "zon: minimal"))
    let renderer = DiagnosticRenderer(sources: ["spec.yaml": SourceText(Array(text.utf8))])
    #expect(
      renderer.text(read(text).diagnostics.all) == """
        spec.yaml:15:19: error: 0 is less than 1 capacity unit  [HA010]
          15 |   capacity: {min: 0, max: 8}
             |                   ^
            hint: set `cluster.capacity.min` to 1 or more, and large enough to survive on

        spec.yaml:22:3: error: "dns" has no "zon"  [spec.unknown-key]
          22 |   zon: minimal.internal
             |   ^^^
            hint: did you mean "zone"?

        """)
  }

  @Test("a required field whose key is mistyped is not reported as missing too")
  func consequences() throws {
    #expect(
      read(try minimal(("network:", "netwrok:"))).lines == [
        "8:1 spec.unknown-key a spec has no \"netwrok\" (did you mean \"network\"?)"
      ])
  }

  @Test("a missing field is reported where its section begins, with an example")
  func missing() throws {
    #expect(
      read(try minimal(("  database: app\n", ""))).lines == [
        "12:1 spec.missing \"cluster.database\" is missing (for example `database: payments`)"
      ])
    #expect(
      read(try minimal(("{name: b, zone: us-east-1b}", "{name: b}"))).lines == [
        "18:7 spec.missing \"cluster.members.zone\" is missing (for example `zone: us-east-1a`)"
      ])
  }

  @Test("a key that belongs elsewhere is told where, one that exists nowhere what there is")
  func elsewhere() throws {
    #expect(
      read(try minimal(("dns:", "ttl: 5s\n\ndns:"))).lines == [
        "21:1 spec.unknown-key a spec has no \"ttl\" (there is a \"dns.ttl\")"
      ])
    #expect(
      read(try minimal(("  zone: minimal.internal", "  zone: minimal.internal\n  xyz: 1"))).lines == [
        "23:3 spec.unknown-key \"dns\" has no \"xyz\" (it has zone, names, ttl)"
      ])
  }

  @Test(
    "every section of the whole product is known", arguments: Stack.descriptions.filter { $0.shape == nil }.map(\.name))
  func planned(_ name: String) throws {
    #expect(read(try minimal() + "\n\(name): {}\n").rules == ["spec.not-supported-yet"])
  }

  @Test("without any one of its fields, a spec is still read to the end", arguments: Explanation.fields.map(\.path))
  func without(_ path: String) throws {
    let lines = try complete()
    guard lines.contains(where: { $0.path == path }) else { return }
    let text = lines.filter { $0.path != path && !$0.path.hasPrefix("\(path).") }
    let field = try #require(Explanation.fields.first { $0.path == path }?.field)
    let reading = read(text.map(\.line).joined())
    if field.presence == .required {
      #expect(reading.rules == ["spec.missing"], "\(reading.lines)")
    } else if isAlone(path, in: lines.map(\.path)) {
      #expect(reading.rules == ["spec.no-value"])
    } else {
      // Without a channel for what is critical HA134 warns.
      #expect(reading.rules == (["alerts", "alerts.critical"].contains(path) ? ["HA134"] : []))
    }
  }

  @Test("with any one of its fields broken, that alone is reported", arguments: Explanation.fields.map(\.path))
  func broken(_ path: String) throws {
    let lines = try complete()
    guard lines.contains(where: { $0.path == path }) else { return }
    let wrong =
      switch Explanation.fields.first(where: { $0.path == path })?.field.shape {
      case .section, .map: "[]"
      case .text, .integer, .number, .flag, .choice, .list, nil: "{}"
      }
    let text = lines.filter { !$0.path.hasPrefix("\(path).") }.map { line -> String in
      guard line.path == path else { return line.line }
      return String(line.line.prefix { $0 != ":" }) + ": \(wrong)\n"
    }
    let reading = read(text.joined())
    #expect(reading.rules == ["spec.type"], "\(reading.lines)")
  }

  @Test("any two fields may be broken together", arguments: 0..<200)
  func pairs(_ seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    var lines = try complete().map(\.line)
    let values = ["~", "no", "-1", "[]", "{}", "\"\"", "0.0.0.0/0", "99999", "us-east-1z", "1h", "[a, a]", "text"]
    for _ in 0..<2 {
      let (index, value) = (Int.random(in: 0..<lines.count, using: &generator), values.randomElement(using: &generator))
      lines[index] = String(lines[index].prefix { $0 != ":" }) + ": \(value ?? "")\n"
    }
    let reading = read(lines.joined())
    #expect((reading.stack == nil) == reading.diagnostics.hasErrors)
    #expect(reading.diagnostics.all.allSatisfy { $0.span != nil })
  }

  /// True for a field without which its section is empty.
  private func isAlone(_ path: String, in all: [String]) -> Bool {
    guard let dot = path.lastIndex(of: ".") else { return false }
    return !all.contains { $0.hasPrefix(path[...dot]) && $0 != path }
  }

  /// A valid spec that gives every field but those of lists' items, one a line, each with its path.
  private func complete() throws -> [(path: String, line: String)] {
    Explanation.fields.compactMap { path, field -> (path: String, line: String)? in
      let depth = path.filter { $0 == "." }.count
      let isLeftOut = path == "cluster.version.atLeast" || field.presence == .planned
      guard !isLeftOut, !Explanation.isInList(path) else { return nil }
      let margin = String(repeating: "  ", count: depth)
      if !field.children.isEmpty, case .section? = field.shape { return (path, "\(margin)\(field.name):\n") }
      var value = field.example ?? ""
      if case .defaulted(let text) = field.presence { value = field.example ?? text }
      return (path, "\(margin)\(field.name): \(value)\n")
    }
  }
}
