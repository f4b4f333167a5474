// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@testable import Resources

@Suite struct DNSNameTests {
  @Test(
    "names are compared in lower case, without the last dot, with escapes undone",
    arguments: [
      ("Writer.Payments.Internal.", "writer.payments.internal"),
      ("writer.payments.internal", "writer.payments.internal"),
      (#"\052.payments.internal."#, "*.payments.internal"),
      (#"a\100b.internal."#, "a@b.internal"),
      (".", "."),
      ("", ""),
    ])
  func normalised(given: String, expected: String) {
    #expect(DNSName.normalised(given) == expected)
  }

  @Test(
    "what would be another name unescaped stays escaped",
    arguments: [#"a\056b.internal"#, #"a\040b.internal"#, #"\303\244.internal"#, #"a\12"#, #"a\999.internal"#])
  func ambiguousEscapes(name: String) {
    #expect(DNSName.normalised(name + ".") == name)
  }

  @Test(
    "a text comes back as it went",
    arguments: [
      "", "harecon:stack=payments harecon:id=route53/record-set.writer", #"quotes " and \ slashes"#, "grüße",
      String(repeating: "0123456789", count: 60), #"\052 is no star here"#,
    ])
  func texts(text: String) {
    #expect(DNSName.text(DNSName.quoted(text)) == text)
  }

  @Test("a long text is sent in pieces of 255 bytes")
  func longTexts() {
    let quoted = DNSName.quoted(String(repeating: "x", count: 600))
    #expect(quoted.split(separator: " ").map(\.count) == [257, 257, 92])
  }
}

@Suite struct CallerReferenceTests {
  @Test("a reference says whose zone it is and which try")
  func roundTrip() throws {
    var reference = try #require(
      CallerReference(tags: ["harecon:stack": "payments", "harecon:id": "route53/hosted-zone.main"]))
    reference.generation = 3
    #expect(reference.text == "harecon:payments:route53/hosted-zone.main:3")
    #expect(CallerReference(reference.text) == reference)
  }

  @Test(
    "references of others are nobody's",
    arguments: ["", "terraform-2026", "harecon:payments", "harecon:payments:id:x", "other:payments:id:0"])
  func foreign(text: String) {
    #expect(CallerReference(text) == nil)
  }
}

@Suite struct HealthCheckReferenceTests {
  private func tags(_ stack: String, _ name: String) -> [String: String] {
    [
      "harecon:stack": stack, "harecon:id": Address(HealthCheck.name, name).description,
      "harecon:region": "ap-southeast-1",
    ]
  }

  @Test("the longest names leave room for 999 tries in the 64 characters of a reference")
  func length() throws {
    let stack = String(repeating: "s", count: 20)
    var reference = try #require(CallerReference(healthCheck: tags(stack, String(repeating: "n", count: 80))))
    reference.generation = 999
    #expect(reference.text.utf8.count <= CallerReference.longestOfHealthCheck)
    #expect(CallerReference(reference.text) == reference)
  }

  @Test("a reference says whose check it is, of those that the spec wants and of those that it no longer has")
  func owner() throws {
    let reference = try #require(CallerReference(healthCheck: tags("payments", "writer")))
    let wanted = ["route53/health-check.reader", "route53/health-check.writer"]
    #expect(
      reference.ownerOfHealthCheck(among: wanted, in: "ap-southeast-1")
        == .stack("payments", id: "route53/health-check.writer"))
    #expect(
      reference.ownerOfHealthCheck(among: [], in: "ap-southeast-1")
        == .stack("payments", id: "route53/health-check.\(reference.id)"))
    #expect(
      reference.ownerOfHealthCheck(among: wanted, in: "us-east-1")
        == .stack("payments in ap-southeast-1", id: "route53/health-check.writer"))
  }
}

@Suite struct RecordMarkTests {
  private func record(_ name: String, _ type: String, _ identifier: String? = nil) -> RecordSet.LiveRecord {
    RecordSet.LiveRecord(
      name: name, type: type, ttl: 5, values: ["x"],
      routing: identifier.map { .init(identifier: $0, failover: "PRIMARY", healthCheck: nil) })
  }

  @Test("each of several records of a name and type has a mark of its own, which is a valid label")
  func marksOfAPair() {
    let name = "db.payments.internal"
    #expect(record(name, "CNAME", "primary").markName == "_harecon-cname-primary.db.payments.internal")
    let odd = ["Primary", "the first one", String(repeating: "x", count: 128), "_x"].map {
      record(name, "CNAME", $0).markName
    }
    #expect(Set(odd).count == odd.count)
    #expect(odd.allSatisfy { $0.hasPrefix("_harecon-cname-_") && $0.split(separator: ".")[0].utf8.count <= 63 })
    // The mark is a simple record whatever the record is.
    let owner = RecordOwner(stack: "payments", address: .init("route53/record-set", "db-primary"))
    #expect(record(name, "CNAME", "primary").mark(for: owner).routing == nil)
  }

  @Test(
    "each type of a name has a mark of its own",
    arguments: [
      ("writer.payments.internal", "CNAME", "_harecon-cname.writer.payments.internal"),
      ("writer.payments.internal", "A", "_harecon-a.writer.payments.internal"),
      ("*.payments.internal", "A", "_harecon-a._any.payments.internal"),
    ])
  func markNames(name: String, type: String, mark: String) {
    #expect(record(name, type).markName == mark)
  }

  @Test("a mark says whose the record is")
  func owner() {
    let owner = RecordOwner(stack: "payments", address: .init("route53/record-set", "writer"))
    let mark = record("writer.payments.internal", "CNAME").mark(for: owner)
    #expect(mark.isMark)
    #expect(RecordOwner(mark) == owner)
  }

  @Test("a text that says nothing of harecon's is no mark", arguments: ["", "v=spf1 -all", "harecon:stack=payments"])
  func foreignTexts(text: String) {
    let mark = RecordSet.LiveRecord(name: "_harecon-a.b", type: "TXT", ttl: 5, values: [text])
    #expect(RecordOwner(mark) == nil)
  }
}
