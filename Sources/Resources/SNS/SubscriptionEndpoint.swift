// SPDX-License-Identifier: Apache-2.0

package import Core
package import ResourceKit

/// Where a subscription delivers: an address, a URL, an ARN.
///
/// The path of a URL is often all that keeps strangers from posting to it, and its user part holds a password: neither is ever
/// shown. What a plan and a message have is the host, and a digest by which one path is told from another.
package struct SubscriptionEndpoint: AttributeValue {
  /// As SNS takes it.
  package var address: Input<String>

  package init(_ address: Input<String>) {
    self.address = address
  }

  package var value: Value {
    switch address {
    case .given(let address): .string(Self.shown(address))
    case .output: address.value
    }
  }

  package init?(_ value: Value) {
    guard let address = Input<String>(value) else { return nil }
    self.address = address
  }

  /// `https://alerts.example.com/<8d1f06c2a97b>` for `https://alerts.example.com/hooks/T0/B1?token=x`; everything but a URL,
  /// and a URL without a secret, as it is.
  package static func shown(_ address: String) -> String {
    guard let scheme = address.firstRange(of: "://") else { return address }
    let listed = listed(address)
    let rest = listed[scheme.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
    let secret = authority.count == host.count ? String(rest.dropFirst(authority.count)) : String(rest)
    let place = "\(listed[..<scheme.upperBound])\(host)"
    guard !secret.isEmpty, secret != "/" else { return listed }
    return "\(place)/<\(Digest.hex(Array(Digest.sha256("harecon/endpoint/v1 \(listed)").prefix(6))))>"
  }

  /// As SNS lists it: it hides the password of a URL, so that another password is no other endpoint.
  static func listed(_ address: String) -> String {
    guard let scheme = address.firstRange(of: "://") else { return address }
    let rest = address[scheme.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
      return address
    }
    return "\(address[..<colon]):****\(address[at...])"
  }
}
