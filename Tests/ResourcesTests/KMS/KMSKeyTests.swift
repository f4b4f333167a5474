// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Testing

@testable import Resources

@Suite("A customer key")
struct KMSKeyTests {
  private let address = Address(KMSKey.name, "main")

  private func key(alias: String = "", state: String = "Enabled", tags: [String: String] = [:]) -> KMSKey.Observed {
    KMSKey.Observed(
      id: "1234abcd", arn: "arn", alias: alias, state: state, description: "", policy: "", rotationPeriod: 365,
      tags: OwnerTag.tags(stack: "payments", address: address, [:]).merging(tags) { old, _ in old })
  }

  @Test("is known by the alias that its tags promise, when a run died before it had one")
  func withoutAlias() {
    let facts = KMSKey.facts(key())
    #expect(facts.key == "alias/harecon/payments/main")
    #expect(facts.owner == .stack("payments", id: "kms/key.main"))
  }

  @Test("counts as gone once destroy has taken its alias and scheduled its end, or kept it for snapshots")
  func letGo() {
    #expect(key(state: "PendingDeletion").isLetGo)
    #expect(key(tags: [KMSKey.keptTag: "snapshots"]).isLetGo)
  }

  @Test("does not count as gone while it has its alias, or before it ever had one")
  func notLetGo() {
    #expect(!key(alias: "alias/harecon/payments/main", state: "PendingDeletion").isLetGo)
    #expect(!key().isLetGo)
  }

  @Test("is brought back by an update when it is off or about to end", arguments: ["Disabled", "PendingDeletion"])
  func broughtBack(state: String) {
    let live = key(alias: "alias/harecon/payments/main", state: state)
    #expect(KMSKey.facts(live).health == .ready)
  }

  @Test("remembers how long its end is to be announced")
  func deletionWindow() {
    let desired = KMSKey.Desired(
      alias: "alias/harecon/payments/main", description: "", policy: "{}", rotationPeriod: 365, deletionWindow: 7,
      tags: ["a": "b"])
    #expect(desired.tags == ["a": "b", "harecon:deletion-window": "7"])
  }
}
