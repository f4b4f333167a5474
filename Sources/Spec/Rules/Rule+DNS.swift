// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  static let dns: [Rule] = [
    Rule(
      "HA030", "ttl-limit",
      what: "Clients remember an address for 1 to 60 whole seconds.",
      why: "What clients remember is what they connect to: the TTL is added to every failover.",
      wayOut: "set `dns.ttl` to 5s",
      reads: ["dns.ttl"]
    ) { stack in
      let ttl = stack.dns.ttl
      return ttl >= .seconds(1) && ttl <= .seconds(60) && ttl == .seconds(ttl.wholeSeconds)
        ? [] : [Finding("a TTL of \(ttl.specText) is not 1 to 60 whole seconds", at: stack.dns.$ttl.span)]
    },
    Rule(
      "HA031", "ttl-short", .warning,
      what: "Clients remember an address for at most 5 seconds.",
      why: "Aurora's own endpoints have a TTL of 5 seconds; a longer one makes the stack's names the slower ones.",
      wayOut: "set `dns.ttl` to 5s",
      reads: ["dns.ttl"]
    ) { stack in
      let ttl = stack.dns.ttl
      return ttl <= .seconds(5) || ttl > .seconds(60)
        ? [] : [Finding("a TTL of \(ttl.specText) is longer than that of Aurora's names, 5s", at: stack.dns.$ttl.span)]
    },
    Rule(
      "HA032", "zone-name",
      what: "The zone's name can be private: two labels at least, and not one that others answer for.",
      why: """
        A private zone hides the public zone of the same name from the VPC. Hiding `amazonaws.com` cuts it off from AWS; \
        `.local` and `.localhost` never reach a name server.
        """,
      wayOut: "choose a name of your own, for example `<stack>.internal`",
      reads: ["dns.zone"]
    ) { stack in
      let zone = stack.dns.zone
      let labels = zone.split(separator: ".")
      if labels.count < 2 { return [Finding("\"\(zone)\" has one label", at: stack.dns.$zone.span)] }
      let taken = ["amazonaws.com", "amazonaws.com.cn", "aws", "api.aws", "local", "localhost", "arpa", "invalid"]
      return taken.filter { zone == $0 || zone.hasSuffix(".\($0)") }.prefix(1).map { name in
        Finding("\"\(zone)\" is in \"\(name)\", which others answer for", at: stack.dns.$zone.span)
      }
    },
    Rule(
      "HA033", "dns-names",
      what: "Writer, reader and service have different names.",
      why: "A name stands for one thing: a CNAME cannot share its name with any other record.",
      wayOut: "give each of the three a label of its own",
      reads: ["dns.names"]
    ) { stack in
      let names = stack.dns.names
      return repetitions(of: [names.$writer, names.$reader, names.$service], by: \.value) { name, _ in
        Finding("two records are named \"\(name.value)\"", at: name.span)
      }
    },
  ]
}
