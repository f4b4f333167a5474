// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Resources

@Suite("What waits for a restart")
struct RestartOrderTests {
  private let writer = DBCluster.Member(name: "payments-a", isWriter: true, awaitsRestart: true)
  private let readers = ["payments-c", "payments-b"].map {
    DBCluster.Member(name: $0, isWriter: false, awaitsRestart: true)
  }

  @Test("says the order that costs least: the readers, a failover, the old writer")
  func all() throws {
    let order = try #require(RestartOrder(of: [writer] + readers, among: [writer] + readers))
    #expect(
      order.description == """
        at the next restart of payments-b, payments-c, payments-a: restart the readers (payments-b, payments-c) first, \
        then fail over to a reader, then restart the old writer payments-a
        """)
  }

  @Test("names the failover when the writer alone is left")
  func writerLast() {
    #expect(
      RestartOrder(of: [writer], among: [writer] + readers)?.description
        == "at the next restart of payments-a: fail over to a reader, then restart the old writer payments-a")
  }

  @Test("says that a writer without a reader is out while it restarts")
  func alone() {
    #expect(RestartOrder(of: [writer], among: [writer])?.description.contains("is an outage") == true)
  }

  @Test("leaves the writer out when only readers wait")
  func readersAlone() {
    #expect(
      RestartOrder(of: readers, among: [writer] + readers)?.description
        == "at the next restart of payments-b, payments-c: restart them one after the other")
    #expect(RestartOrder(of: [], among: [writer]) == nil)
  }
}
