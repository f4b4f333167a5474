// SPDX-License-Identifier: Apache-2.0

/// How many steps may be under way at once.
package struct Limits: Sendable, Hashable {
  package var total: Int
  package var perService: Int
  /// Services that bear more or less than the others.
  package var services: [String: Int]

  package init(total: Int = 32, perService: Int = 16, services: [String: Int] = [:]) {
    self.total = max(1, total)
    self.perService = max(1, perService)
    self.services = services
  }

  func of(_ service: String) -> Int { max(1, services[service] ?? perService) }
}
