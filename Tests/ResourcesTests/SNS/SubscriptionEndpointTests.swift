// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Testing

@testable import Resources

@Suite("Endpoint of a subscription")
struct SubscriptionEndpointTests {
  @Test(
    "nothing of a URL is shown but its host",
    arguments: [
      "https://alerts.example.com/hooks/T0/B1", "https://alerts.example.com?token=x",
      "https://alerts.example.com/#secret", "https://me:secret@alerts.example.com/",
      "https://token@alerts.example.com",
    ])
  func secrets(_ address: String) {
    let shown = SubscriptionEndpoint.shown(address)
    #expect(shown.wholeMatch(of: /https:\/\/alerts\.example\.com\/<[0-9a-f]{12}>/) != nil, "\(shown)")
    #expect(SubscriptionEndpoint(.given(address)).value == .string(shown))
  }

  @Test(
    "what holds no secret is shown as it is",
    arguments: [
      "oncall@example.com", "arn:aws:sqs:us-east-1:111122223333:payments-alerts", "+49123456789",
      "https://alerts.example.com", "https://alerts.example.com/", "https://alerts.example.com:8443",
    ])
  func plain(_ address: String) {
    #expect(SubscriptionEndpoint.shown(address) == address)
  }

  @Test("one path is told from another")
  func paths() {
    let shown = Set(["a", "b", "a?x", "a/"].map { SubscriptionEndpoint.shown("https://example.com/\($0)") })
    #expect(shown.count == 4)
  }

  @Test("a URL is the same as the one that SNS lists, which hides the password")
  func listedURL() {
    let given = "https://me:secret@alerts.example.com:8443/hook"
    let listed = "https://me:****@alerts.example.com:8443/hook"
    #expect(SubscriptionEndpoint.listed(given) == listed)
    #expect(SubscriptionEndpoint.shown(given) == SubscriptionEndpoint.shown(listed))
    #expect(SubscriptionEndpoint.listed("https://alerts.example.com/a:b@c") == "https://alerts.example.com/a:b@c")
  }

  @Test("a reference is sent as the value that it stands for")
  func reference() throws {
    let output = OutputID(Address(SQSQueue.name, "alerts"), "arn")
    let endpoint = SubscriptionEndpoint(.output(output))
    #expect(endpoint.value == .unknown(output))
    let value = endpoint.value.resolved([output: .string("arn:aws:sqs:r:1:q")])
    let resolved = try #require(SubscriptionEndpoint(value))
    #expect(try resolved.address.now() == "arn:aws:sqs:r:1:q")
  }
}
