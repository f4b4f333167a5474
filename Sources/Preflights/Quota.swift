// SPDX-License-Identifier: Apache-2.0

internal import Core

/// How much of something AWS lets an account have.
struct Quota: Sendable, Hashable {
  /// As Service Quotas names the service: `vpc`.
  let service: String
  /// Of Service Quotas: `L-F678F1CE`.
  let code: String
  /// What it counts: `VPCs of the region`.
  let name: String
  /// Of the account in all regions, kept in one of them.
  var isGlobal = false

  /// What stands against needing more than there is; nil when there is enough.
  ///
  /// - Parameters:
  ///   - used: how much is in use.
  ///   - most: the quota's value.
  ///   - more: how much the plan needs on top.
  func shortage(used: Int, of most: Int, more: Int, in region: String) -> Diagnostic? {
    guard more > 0, used + more > most else { return nil }
    return Diagnostic(
      .error, rule: "preflight.quota",
      "the account may have \(most) \(name) and has \(used): the plan needs \(more) more",
      hint: "free some, or ask AWS for more: \(request(for: used + more, in: region))")
  }

  /// The command that asks AWS for a higher quota.
  func request(for value: Int, in region: String) -> String {
    "aws service-quotas request-service-quota-increase --service-code \(service) --quota-code \(code)"
      + " --desired-value \(value) --region \(isGlobal ? Self.home(of: region) : region)"
  }

  /// Where the partition of a region keeps what is global.
  private static func home(of region: String) -> String {
    if region.hasPrefix("us-gov-") { return "us-gov-west-1" }
    return region.hasPrefix("cn-") ? "cn-north-1" : "us-east-1"
  }
}
