// SPDX-License-Identifier: Apache-2.0

package import AWSClient
package import Core

extension Departure {
  /// - Parameter time: when AWS deletes it, where AWS said so.
  package static func scheduled(at time: Timestamp?) -> Departure {
    .scheduled(for: time.map { String($0.text(.iso8601).prefix { $0 != "T" }) })
  }
}
