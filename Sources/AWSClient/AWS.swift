// SPDX-License-Identifier: Apache-2.0

package import Core

/// A client for all services of one account and region.
package struct AWS: Sendable {
  package let region: String
  /// `aws`, `aws-us-gov`, `aws-cn`.
  package let partition: String

  package init(region: String, partition: String) {
    self.region = region
    self.partition = partition
  }
}
