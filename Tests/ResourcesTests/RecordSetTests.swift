// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Testing

@testable import Resources

@Suite("Record sets of one name")
struct RecordSetTests {
  struct Form: Sendable, CustomTestStringConvertible {
    var record = "db.sample.internal"
    var type = "CNAME"
    var identifier: String?
    var failover: String?
    var testDescription: String { "\(record) \(type) \(identifier ?? "-") \(failover ?? "-")" }

    static let first = Form(identifier: "one", failover: "PRIMARY")
    static let second = Form(identifier: "two", failover: "SECONDARY")
  }

  @Test(
    "exclude each other where Route 53 does not take both",
    arguments: [
      (Form(), Form(record: "other.sample.internal"), false),
      (Form(), Form(type: "A"), true),
      (Form(type: "A"), Form(), true),
      (Form(type: "A"), Form(type: "TXT"), false),
      (Form(), Form.first, true),
      (Form.first, Form(), true),
      (Form.first, Form.second, false),
      (Form.first, Form(identifier: "new", failover: "PRIMARY"), true),
    ])
  func excludes(live: Form, desired: Form, isExcluded: Bool) {
    let routing = live.identifier.map {
      RecordSet.Routing(identifier: $0, failover: live.failover, healthCheck: nil)
    }
    let observed = RecordSet.Observed(
      zone: "Z1",
      live: RecordSet.LiveRecord(name: live.record, type: live.type, ttl: 5, values: ["x"], routing: routing),
      mark: nil, health: .ready)
    #expect(RecordSet.excludes(observed, wish(desired, in: "Z1")) == isExcluded)
    #expect(!RecordSet.excludes(observed, wish(desired, in: "Z2")), "another zone is another place")
  }

  func wish(_ form: Form, in zone: String) -> RecordSet.Desired {
    RecordSet.Desired(
      zone: .given(zone), record: form.record, type: form.type, ttl: 5, values: ["x"], identifier: form.identifier,
      failover: form.failover, owner: RecordOwner(stack: "sample", address: Address(RecordSet.name, "db")))
  }
}
