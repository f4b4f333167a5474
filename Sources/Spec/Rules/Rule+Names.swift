// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// Names and tags, checked before anything is called.
  static let names: [Rule] = [
    Rule(
      "HA080", "names-fit",
      what: "Every name that follows from the spec is one that its AWS service takes.",
      why: "A name that is too long is refused in the middle of an apply, when half of the stack exists.",
      wayOut: "shorten the name that it is made of",
      reads: [
        "name", "account", "region", "network.zones", "cluster.members", "cluster.version", "cluster.logExports", "dns",
        "secrets.users", "drills",
      ]
    ) { stack in
      let version = stack.cluster.version
      guard version.exact != nil || version.atLeast != nil else { return [] }
      return Names(stack).all.filter { !$0.limit.accepts($0.name) }.map { derived in
        Finding(
          "the \(derived.what) would be named \"\(derived.name)\" (\(derived.name.count) characters), and AWS takes "
            + derived.limit.form.summary, at: derived.span)
      }
    },
    Rule(
      "HA081", "reserved-words",
      what: "The database and the master user have names that PostgreSQL and RDS leave free.",
      why: "RDS keeps some names for itself, and words of SQL would have to be quoted in every statement.",
      wayOut: "choose another name",
      reads: ["cluster.database", "cluster.masterUser"]
    ) { stack in
      let (database, user) = (stack.cluster.$database, stack.cluster.$masterUser)
      var findings: [Finding] = []
      if reservedDatabases.contains(database.value) || sqlWords.contains(database.value) {
        findings.append(Finding("a database cannot be named \"\(database.value)\"", at: database.span))
      }
      if isReservedUser(user.value) {
        findings.append(Finding("a master user cannot be named \"\(user.value)\"", at: user.span))
      }
      return findings
    },
    Rule(
      "HA082", "tags-count",
      what: "The spec's tags and harecon's own are at most \(mostTags) together.",
      why: """
        AWS takes \(mostTags) tags on a resource. harecon needs \(ownTags) for its own marks, and one for every 256 \
        characters of the spec's keys, to remember which tags it has set.
        """,
      wayOut: "remove tags",
      reads: ["tags"]
    ) { stack in
      let entries = stack.tags.entries
      let keys = entries.map(\.key.value)
      guard let last = entries.indices.first(where: { tagsInAll(for: keys[...$0]) > mostTags }) else { return [] }
      return [
        Finding("\(entries.count) tags, and at most \(last) with such keys are possible", at: entries[last].key.span)
      ]
    },
    Rule(
      "HA083", "tags-distinct",
      what: "Tags do not differ in upper and lower case alone.",
      why: "IAM takes two such keys for the same and refuses the second.",
      wayOut: "remove one of the two",
      reads: ["tags"]
    ) { stack in
      repetitions(of: stack.tags.entries, by: { $0.key.value.lowercased() }) { entry, first in
        Finding(
          "\"\(entry.key.value)\" differs from \"\(first.key.value)\" in case alone", at: entry.key.span)
      }
    },
  ]

  private static let mostTags = 50
  /// Whose a resource is takes two tags; a key has two more, for its deletion.
  private static let ownTags = 4

  private static func tagsInAll(for keys: some Collection<String>) -> Int {
    keys.count + TagMemory.tags(for: keys).count + ownTags
  }

  static func isReservedUser(_ name: String) -> Bool {
    reservedUsers.contains(name) || sqlWords.contains(name) || name.hasPrefix("pg_") || name.hasPrefix("rds_")
  }

  private static let reservedDatabases: Set<String> = ["rdsadmin", "template0", "template1"]
  private static let reservedUsers: Set<String> = [
    "rdsadmin", "admin", "public", "none", "rdsrepladmin", "rdsproxyadmin",
  ]

  /// The reserved key words of PostgreSQL 15.
  private static let sqlWords: Set<String> = Set(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation \
    column concurrently constraint create cross current_catalog current_date current_role current_schema current_time \
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze \
    from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit \
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references \
    returning right select session_user similar some symmetric table tablesample then to trailing true union unique user \
    using variadic verbose when where window with
    """.split(separator: " ").map(String.init))
}
