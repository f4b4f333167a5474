// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Testing

@testable import Resources

struct MarkTests {
  @Test("a policy's mark is found again, and the policy without it", arguments: ["payments", "a-1b-Z9", "x_y.é"])
  func policyMark(_ stack: String) throws {
    let policy: JSON = [
      "Statement": [["Sid": "TrustEvents", "Effect": "Allow"], ["Sid": "Other", "Effect": "Allow"]]
    ]
    let mark = PolicyMark(stack: stack, resource: "events-2")
    let marked = mark.applied(to: policy)
    let sids = (marked["Statement"]?.array ?? []).compactMap { $0["Sid"]?.string }
    #expect(sids.count == 2)
    #expect(
      sids.allSatisfy { $0.utf8.allSatisfy { UnicodeScalar($0).properties.isAlphabetic || (48...57).contains($0) } })
    let found = PolicyMark.separated(from: marked)
    #expect(found.mark == mark)
    #expect(found.policy == policy)
    #expect(mark.owner == .stack(stack, id: "logs/resource-policy.events-2"))
  }

  @Test("a statement that stands alone, without a sid, is marked and unmarked")
  func singleStatement() {
    let policy: JSON = ["Statement": ["Effect": "Allow"]]
    let mark = PolicyMark(stack: "payments", resource: "events")
    #expect(mark.applied(to: policy)["Statement"]?["Sid"] == "HareconSpaymentsNevents")
    #expect(PolicyMark.separated(from: mark.applied(to: policy)).policy == policy)
  }

  @Test("stacks whose names differ in a hyphen have marks that differ")
  func hyphens() {
    let policy: JSON = ["Statement": ["Effect": "Allow"]]
    let one = PolicyMark(stack: "pay-ments", resource: "a").applied(to: policy)
    #expect(PolicyMark.separated(from: one).mark?.stack == "pay-ments")
    #expect(one != PolicyMark(stack: "payments", resource: "a").applied(to: policy))
  }

  @Test(
    "somebody else's policy has no mark",
    arguments: ["", "TrustEvents", "HareconS", "HareconSpayments", "HareconSaZzzNb"])
  func noMark(_ sid: String) {
    let policy: JSON = ["Statement": [["Sid": .string(sid), "Effect": "Allow"]]]
    let found = PolicyMark.separated(from: policy)
    #expect(found.mark == nil)
    #expect(found.policy == policy)
  }

  @Test("a dashboard says whose it is, and a copy of it under another name does not")
  func dashboardMark() throws {
    let tags = OwnerTag.tags(stack: "payments", address: Address(Dashboard.name, "main"), [:])
    let desired = Dashboard.Desired(name: "payments-overview", widgets: [], tags: tags)
    let body = try JSON(parsing: try desired.body.now())
    let mark = try #require(DashboardMark(in: body))
    #expect(mark.dashboard == "payments-overview")
    #expect(mark.owner(in: "us-east-1") == .stack("payments", id: "cloudwatch/dashboard.main"))
    #expect(DashboardMark(in: ["widgets": [["type": "text", "properties": ["markdown": "Kept by hand"]]]]) == nil)
  }

  @Test("a dashboard of a stack of the same name in another region is another stack's")
  func dashboardMarkOfAnotherRegion() throws {
    var tags = OwnerTag.tags(stack: "payments", address: Address(Dashboard.name, "main"), [:])
    tags[OwnerTag.region] = "eu-west-1"
    let desired = Dashboard.Desired(name: "payments-eu-west-1", widgets: [], tags: tags)
    let mark = try #require(DashboardMark(in: try JSON(parsing: try desired.body.now())))
    let id = "cloudwatch/dashboard.main"
    #expect(mark.owner(in: "eu-west-1") == .stack("payments", id: id))
    #expect(mark.owner(in: "us-east-1") == .stack("payments in eu-west-1", id: id))
  }
}
