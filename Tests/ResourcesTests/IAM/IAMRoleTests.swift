// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Resources

@Suite("A role's documents")
struct IAMRoleTests {
  @Test(
    "are read as IAM gives them back: percent-encoded",
    arguments: [
      ("%7B%22a%22%3A%20%22b%22%7D", "{\"a\": \"b\"}"), ("plain", "plain"), ("%C3%A4", "ä"), ("100%", "100%"),
      ("%zz", "%zz"), ("a+b", "a+b"),
    ])
  func decoded(document: String, text: String) {
    #expect(IAMRole.decoded(document) == text)
  }
}
