// SPDX-License-Identifier: Apache-2.0

/// The private zone by which clients find the database.
package struct DNS: Sendable {
  @Located package var zone: String
  @Located package var names: DNSNames
  @Located package var ttl: Duration

  package init() {}
}

/// Labels in the zone.
package struct DNSNames: Sendable {
  @Located package var writer: String
  @Located package var reader: String
  @Located package var service: String

  package init() {}
}
