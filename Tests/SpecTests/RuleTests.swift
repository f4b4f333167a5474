// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Spec
import Testing

@Suite("Every rule has a spec that breaks it, one that holds to it, and a reason")
struct RuleTests {
  private static let folder = "Tests/SpecTests/Fixtures/rules"
  /// On which python3.11 has less than a year of support left, and python3.12 more.
  private static let today = Day(2026, 11, 22)

  @Test("a spec that breaks a rule is told so, and nothing else", arguments: Rule.all.map(\.id))
  func fails(_ id: String) throws {
    let rule = try #require(Rule.all.first { $0.id == id })
    let text = try Repository.bytes("\(Self.folder)/\(id)/fail.yaml")
    let reading = SpecFile.read(text, file: "fail.yaml", today: Self.today)
    #expect(Set(reading.rules) == [id], "\(reading.lines)")
    #expect(reading.diagnostics.all.allSatisfy { $0.severity == rule.severity && $0.span != nil && $0.hint != nil })
    #expect((reading.stack == nil) == (rule.severity == .error))
  }

  @Test("a spec that just holds to a rule is taken", arguments: Rule.all.map(\.id))
  func passes(_ id: String) throws {
    let text = try Repository.bytes("\(Self.folder)/\(id)/pass.yaml")
    let reading = SpecFile.read(text, file: "pass.yaml", today: Self.today)
    #expect(reading.lines == [])
    #expect(reading.stack != nil)
  }

  @Test("every fixture belongs to a rule")
  func fixtures() throws {
    let folder = Repository.root.appending(path: Self.folder).path(percentEncoded: false)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(Set(names) == Set(Rule.all.map(\.id)))
  }

  @Test("numbers and slugs are given once, and in order")
  func identities() {
    let ids = Rule.all.map(\.id)
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == ids.count)
    #expect(Set(Rule.all.map(\.slug)).count == ids.count)
    #expect(Rule.all.allSatisfy { $0.id.wholeMatch(of: /HA[0-9]{3}/) != nil })
  }

  @Test("a rule says what, why and the way out, and reads fields that exist", arguments: Rule.all.map(\.id))
  func documentation(_ id: String) throws {
    let rule = try #require(Rule.all.first { $0.id == id })
    for text in [rule.what, rule.why] {
      #expect(text.count > 15 && text.hasSuffix("."))
    }
    #expect(!rule.wayOut.isEmpty && !rule.wayOut.hasSuffix("."))
    #expect(!rule.reads.isEmpty)
    let paths = Set(Explanation.fields.map(\.path))
    #expect(rule.reads.allSatisfy(paths.contains), "\(rule.reads)")
  }
}
