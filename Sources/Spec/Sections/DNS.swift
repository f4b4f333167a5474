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

extension DNS: Section {
  package static let fields: [Field<DNS>] = [
    .required(
      "zone", \.$zone, .domain,
      """
      The private hosted zone, seen in the stack's VPC only. Aurora's certificate carries RDS's own names: clients that \
      use names of this zone verify with `verify-ca`.
      """, example: "payments.internal"),
    .section("names", \.$names, required: false, "The records in the zone."),
    .defaulted(
      "ttl", \.$ttl, .duration, .seconds(5),
      "How long clients may remember an address. Aurora's own names have five seconds."),
  ]
}

extension DNSNames: Section {
  package static let fields: [Field<DNSNames>] = [
    .defaulted(
      "writer", \.$writer, .text(.label), "writer",
      "The name of the writer: a CNAME to the cluster's endpoint, which Aurora moves at a failover."),
    .defaulted(
      "reader", \.$reader, .text(.label), "reader",
      "The name of all readers: a CNAME to the cluster's reader endpoint."),
    .defaulted(
      "service", \.$service, .text(.label), "db",
      "The name of the service: the writer while it is healthy, the readers otherwise."),
  ]
}
