// SPDX-License-Identifier: Apache-2.0

extension Stack: Section {
  package static let fields: [Field<Stack>] = [
    .required(
      "apiVersion", \.$apiVersion, .choice,
      "The version of the spec's own format.", example: "harecon/v1"),
    .required(
      "kind", \.$kind, .choice,
      "What the spec describes.", example: "PostgresStack"),
    .required(
      "name", \.$name, .text(.stackName),
      """
      The stack's name: the prefix of every name in AWS and the value of the owner tag `harecon:stack`. Renaming a stack \
      makes another one.
      """, example: "payments"),
    .required(
      "account", \.$account, .text(.account),
      """
      The AWS account, in quotes. Credentials of another account are refused before the first write.
      """, example: "\"111122223333\""),
    .required(
      "region", \.$region, .region,
      "The region that the whole stack lives in.", example: "us-east-1"),
    .defaulted(
      "tags", \.$tags, .map(keys: .tagKey, values: .tagValue), LocatedMap(),
      """
      Tags for everything that can carry tags, beside harecon's own. A key that is taken out of the spec is removed; tags \
      that others set stay.
      """, example: "{owner: dbre, cost-center: \"4711\"}"),
    .section(
      "objectives", \.$objectives, required: false,
      "What the stack promises when its writer fails. The spec is refused when its own values cannot keep it."),
    .section("network", \.$network, required: true, "The private network: a VPC with one private subnet in each zone."),
    .section("cluster", \.$cluster, required: true, "The Aurora PostgreSQL cluster, on Serverless v2 instances."),
    .section(
      "encryption", \.$encryption, required: false,
      "One customer key encrypts storage, secrets, insights and logs; it is made with the stack."),
    .section("dns", \.$dns, required: true, "The private zone by whose names clients find the database."),
    .planned("health", "Health checks of the writer every ten seconds, by SQL, and alarms on replica lag."),
    .planned("failover", "Failover by a coordinator when Aurora does not act: trigger, candidate, cool-down, replay."),
    .planned("secrets", "How often the master's and the applications' passwords are rotated."),
    .planned("backups", "AWS Backup: retention, and a daily restore that proves the backups."),
    .planned("alerts", "Who is told about what, over which channel."),
    .planned("audit", "The audit trail of harecon's and the functions' own actions."),
    .planned("drills", "Weekly fault injection, with a verdict against the objectives."),
    .planned("changes", "When disruptive changes may run, and how many in one run."),
  ]
}
