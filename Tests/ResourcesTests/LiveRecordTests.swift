// SPDX-License-Identifier: Apache-2.0

import AWSAPIRoute53
import Testing

@testable import Resources

@Suite("A record as Route 53 holds it")
struct LiveRecordTests {
  @Test("is given back whole, also when somebody has made it an alias")
  func alias() {
    let given = Route53.ResourceRecordSet(
      name: "Writer.sample.internal.", type: "A", setIdentifier: "one", weight: 3,
      aliasTarget: .init(hostedZoneId: "Z1", dnsName: "elsewhere.example.com.", evaluateTargetHealth: false))
    let live = RecordSet.LiveRecord(given)
    #expect(live.name == "writer.sample.internal")
    #expect(live.ttl == nil && live.values == [])
    #expect(live.sent.fields == given.fields)
  }

  @Test("that is to be made is sent in Route 53's words")
  func made() {
    let sent = RecordSet.LiveRecord(name: "a.internal", type: "TXT", ttl: 60, values: ["b c"]).sent
    #expect(sent.resourceRecords?.map(\.value) == ["\"b c\""])
    #expect(sent.ttl == 60)
  }
}
