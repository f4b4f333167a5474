// SPDX-License-Identifier: Apache-2.0

import Core
import Foundation
import Spec
import Testing

@Suite("The table of fields documents the spec")
struct DocumentationTests {
  @Test("every field is documented, with a default or an example", arguments: Explanation.fields.map(\.path))
  func fields(_ path: String) throws {
    let field = try #require(Explanation.fields.first { $0.path == path }?.field)
    #expect(field.documentation.hasSuffix("."))
    switch field.presence {
    case .required: #expect(field.example != nil || !field.children.isEmpty)
    case .optional: #expect(field.example != nil)
    case .defaulted, .planned: break
    }
    let words = field.shape?.words ?? []
    #expect(words.allSatisfy { !$0.meaning.isEmpty })
  }

  @Test("`explain` shows every field, by its path and with list positions", arguments: Explanation.fields.map(\.path))
  func explain(_ path: String) throws {
    let (explanation, field) = (
      try Explanation.of(path), try #require(Explanation.fields.first { $0.path == path }?.field)
    )
    #expect(explanation.text.hasPrefix("\(path): "))
    #expect(explanation.text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let text = explanation.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains(field.documentation))
    #expect(JSON.object(explanation.json).text().contains("\"path\":\"\(path)\""))
    #expect(try Explanation.of("[0]" + path.replacing(".", with: "[12].")).text == explanation.text)
  }

  @Test("`explain` shows every rule by its id", arguments: Explanation.rules.map(\.id))
  func rules(_ id: String) throws {
    let explanation = try Explanation.of(id)
    #expect(explanation.text.hasPrefix(id))
    #expect(JSON.object(explanation.json).text().contains("\"rule\":\"\(id)\""))
  }

  @Test("an unknown path gets a suggestion")
  func unknown() {
    #expect {
      try Explanation.of("cluster.memers")
    } throws: { error in
      (error as? Diagnostics)?.all.first?.hint == "did you mean \"cluster.members\"?"
    }
  }

  @Test("every property of a section has a field, and every field a property")
  func properties() throws {
    let stack = try #require(SpecFile.read(try Repository.bytes("specs/payments.yaml"), file: "a").stack)
    func check<Value: Section>(_ section: Value) {
      let properties = Mirror(reflecting: section).children.compactMap(\.label).map { $0.dropFirst() }
      let fields = Value.fields.map(\.description).filter { $0.presence != .planned }.map(\.name)
      #expect(Set(properties.map(String.init)) == Set(fields), "\(Value.self)")
    }
    check(stack)
    check(stack.objectives)
    check(stack.network)
    check(stack.network.clients[0])
    check(stack.cluster)
    check(stack.cluster.version)
    check(stack.cluster.capacity)
    check(stack.cluster.members[0])
    check(stack.encryption)
    check(stack.dns)
    check(stack.dns.names)
    check(stack.health)
    check(stack.health.endpoint)
    check(stack.health.probe)
    check(stack.health.checks[0])
    check(stack.health.replicaLag)
    check(stack.failover)
    check(stack.failover.trigger)
    check(stack.failover.candidate)
    check(stack.failover.drain)
    check(stack.failover.replay)
    check(stack.secrets)
    check(stack.secrets.master)
    check(stack.secrets.users[0])
    check(stack.backups)
    check(stack.backups.verify)
    check(stack.alerts)
    check(stack.alerts.critical[0])
    check(stack.audit)
    check(stack.audit.evidence)
    check(stack.drills[0])
    check(stack.functions)
  }

  @Test("a default and an example are values that the field takes")
  func examples() throws {
    for (path, field) in Explanation.fields where path.split(separator: ".").count == 2 {
      if Explanation.isInList(path) { continue }
      guard case .defaulted(let text) = field.presence, !text.isEmpty else { continue }
      let parts = path.split(separator: ".")
      let section = "\(parts[0]):\n"
      let base = try minimal(("alerts:\n  critical:\n    - {email: oncall@example.com}\n", ""))
      let line = "  \(parts[1]): \(text)\n"
      let spec = base.contains(section) ? base.replacing(section, with: section + line) : "\(base)\(section)\(line)"
      // Without a channel for what is critical HA134 warns.
      #expect(read(spec).rules.allSatisfy { $0 == "HA134" }, "\(path)")
    }
  }

  @Test("the starter spec is valid, canonical, and names every field of its sections")
  func starter() throws {
    let text = StarterSpec.text(name: "orders", account: "012345678901", region: "eu-central-1")
    let reading = read(text)
    #expect(reading.rules == ["HA134"], "only its author knows whom to tell")
    let stack = try #require(reading.stack)
    #expect((stack.name, stack.account, stack.region) == ("orders", "012345678901", "eu-central-1"))
    #expect(try SpecFormat.formatted(Array(text.utf8), file: "a.yaml") == text)
    for (path, field) in Explanation.fields where field.presence != .planned && field.presence != .optional {
      if Explanation.isInList(path) { continue }
      #expect(text.contains("\(field.name):"), "\(path)")
    }
    #expect(read(StarterSpec.text()).rules == ["HA134"])
  }

  @Test("the committed reference and schema are those of the table")
  func committed() throws {
    let schema = JSONSchema.json.text(pretty: true, keys: .kept) + "\n"
    for (path, text) in [("docs/spec.md", Reference.markdown), ("docs/spec.schema.json", schema)] {
      if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
        try text.write(to: Repository.root.appending(path: path), atomically: true, encoding: .utf8)
      }
      #expect(try Repository.text(path) == text, "\(path) is stale: run with RECORD_SNAPSHOTS=1")
    }
  }
}
