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
    .section(
      "health", \.$health, required: false,
      "How a failure of the writer is noticed: by Route 53 from outside, by a probe from inside, both with SQL."),
    .section(
      "failover", \.$failover, required: false,
      """
      What happens when the writer fails. Aurora promotes a reader by itself; the coordinator watches it, acts when it does \
      not, moves clients and proves the result.
      """),
    .section(
      "secrets", \.$secrets, required: false,
      "Passwords, all of them made and rotated by Secrets Manager; no value is ever in the spec."),
    .section(
      "backups", \.$backups, required: false,
      "AWS Backup: a daily copy in a vault, and a daily restore that proves it."),
    .section("alerts", \.$alerts, required: false, "Who is told about what, over which channel."),
    .section(
      "audit", \.$audit, required: false,
      "The trail of what harecon did, of what the functions decided and did, and the evidence of drills."),
    .defaulted(
      "drills", \.$drills, .list(of: Drill.self, text: \.specText), [.weeklyFailover],
      """
      Faults that are injected every week, with a verdict against the objectives. `[]` means none: then nobody knows \
      whether the stack still fails over.
      """),
    .section("functions", \.$functions, required: false, "How the stack's own Lambda functions run."),
    .optional(
      "permissionsBoundary", \.$permissionsBoundary, .policyARN,
      """
      The ARN of a managed policy that every role of the stack is bounded by; `harecon iam apply -boundary` prints one. \
      With it, whoever runs harecon cannot give a role of the stack more than the policy allows.
      """, example: "arn:aws:iam::111122223333:policy/harecon-payments-boundary"),
    .planned("changes", "When disruptive changes may run, and how many in one run."),
  ]
}
