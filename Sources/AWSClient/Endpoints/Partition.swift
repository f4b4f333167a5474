// SPDX-License-Identifier: Apache-2.0

/// A part of AWS with its own accounts, names and DNS suffixes.
package struct Partition: Sendable, Hashable {
  /// `aws`, as in `arn:aws:…`.
  package let name: String
  package let dnsSuffix: String
  package let dualStackDNSSuffix: String
  /// The region that answers for the partition where a service has no region of its own.
  package let homeRegion: String

  package static let aws = Partition(
    name: "aws", dnsSuffix: "amazonaws.com", dualStackDNSSuffix: "api.aws", homeRegion: "us-east-1")
  package static let china = Partition(
    name: "aws-cn", dnsSuffix: "amazonaws.com.cn", dualStackDNSSuffix: "api.amazonwebservices.com.cn",
    homeRegion: "cn-northwest-1")
  package static let govCloud = Partition(
    name: "aws-us-gov", dnsSuffix: "amazonaws.com", dualStackDNSSuffix: "api.aws", homeRegion: "us-gov-west-1")

  /// The partition of a region; nil for text that cannot be a region's name, and for the isolated and sovereign partitions,
  /// whose services differ. A region that is newer than this program belongs to `aws`.
  package init?(region: String) {
    let parts = region.split(separator: "-", omittingEmptySubsequences: false)
    func isWord(_ part: Substring) -> Bool { part.utf8.allSatisfy { 0x61...0x7a ~= $0 } && !part.isEmpty }
    guard parts.count == 3 || parts.count == 4, parts.dropLast().allSatisfy(isWord),
      let number = parts.last, !number.isEmpty, number.utf8.allSatisfy({ 0x30...0x39 ~= $0 })
    else { return nil }
    if region.hasPrefix("us-gov-") {
      self = .govCloud
    } else if region.hasPrefix("cn-") {
      self = .china
    } else if parts[0] == "eusc" || parts[1].hasPrefix("iso") {
      return nil
    } else {
      self = .aws
    }
  }

  private init(name: String, dnsSuffix: String, dualStackDNSSuffix: String, homeRegion: String) {
    self.name = name
    self.dnsSuffix = dnsSuffix
    self.dualStackDNSSuffix = dualStackDNSSuffix
    self.homeRegion = homeRegion
  }
}
