// SPDX-License-Identifier: Apache-2.0

internal import Core

extension Rule {
  /// Who may reach the database.
  static let clients: [Rule] = [
    Rule(
      "HA020", "world-open",
      what: "No client is all of the internet.",
      why: "A database whose port everyone may reach is one stolen password away from being everyone's.",
      wayOut: "name the address ranges that clients really have",
      reads: ["network.clients"]
    ) { stack in
      stack.network.clients.filter(\.cidr.isWorld).map { client in
        Finding("\"\(client.cidr)\" is everybody", at: client.$cidr.span)
      }
    },
    Rule(
      "HA021", "client-family",
      what: "Clients have IPv4 addresses.",
      why: "The stack's network and its database listen on IPv4 alone: a rule for IPv6 would let nobody in.",
      wayOut: "name the clients' IPv4 range",
      reads: ["network.clients"]
    ) { stack in
      stack.network.clients.filter { !$0.cidr.isWorld && $0.cidr.v4 == nil }.map { client in
        Finding("\"\(client.cidr)\" is an IPv6 range, and the network has IPv4 alone", at: client.$cidr.span)
      }
    },
    Rule(
      "HA022", "client-range",
      what: "Clients have addresses that a host can have.",
      why: "Loopback, link-local, multicast and reserved addresses are never the source of a connection in a VPC.",
      wayOut: "name the address range that the clients really have",
      reads: ["network.clients"]
    ) { stack in
      stack.network.clients.compactMap { client in
        guard let block = client.cidr.v4, block.prefix > 0 else { return nil }
        return IPv4Block.unusable.first { $0.block.overlaps(block) }.map { range in
          Finding(
            "\"\(block)\" overlaps \"\(range.block)\", which is \(range.use)", at: client.$cidr.span)
        }
      }
    },
    Rule(
      "HA023", "clients-distinct",
      what: "A client's range is named once.",
      why: "EC2 refuses a second security group rule with the same protocol, port and range.",
      wayOut: "remove one of the two, or join their descriptions",
      reads: ["network.clients"]
    ) { stack in
      repetitions(of: stack.network.clients, by: \.cidr) { client, first in
        Finding(
          "\"\(client.cidr)\" is named twice", at: client.$cidr.span,
          notes: ["the first is in line \(first.$cidr.span.start.line)"])
      }
    },
    Rule(
      "HA024", "client-private", .warning,
      what: "Clients have private addresses.",
      why: """
        The subnets have no route to the internet, so that packets from public addresses arrive only over a private line \
        that announces them.
        """,
      wayOut: "name the private range that the clients have in their own network",
      reads: ["network.clients"]
    ) { stack in
      stack.network.clients.compactMap { client in
        guard let block = client.cidr.v4, block.prefix > 0, !block.isPrivate,
          !IPv4Block.unusable.contains(where: { $0.block.overlaps(block) })
        else { return nil }
        return Finding("\"\(block)\" has public addresses", at: client.$cidr.span)
      }
    },
  ]

  /// The network's own addresses.
  static let addresses: [Rule] = [
    Rule(
      "HA025", "network-private",
      what: "The network's range is private.",
      why: """
        Public addresses inside a VPC hide their real owners on the internet. Private are those of RFC 1918 and RFC 6598.
        """,
      wayOut: "choose a range in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10",
      reads: ["network.cidr"]
    ) { stack in
      let network = stack.network
      return network.cidr.isPrivate
        ? [] : [Finding("\"\(network.cidr)\" is not a private range", at: network.$cidr.span)]
    },
    Rule(
      "HA026", "network-size",
      what: "The network's range is /16 to /28.",
      why: "EC2 makes no VPC that is larger or smaller.",
      wayOut: "choose a prefix length from 16 to 28",
      reads: ["network.cidr"]
    ) { stack in
      let network = stack.network
      return (16...28).contains(network.cidr.prefix)
        ? [] : [Finding("a VPC cannot have the size of \"\(network.cidr)\"", at: network.$cidr.span)]
    },
    Rule(
      "HA027", "subnets-fit",
      what: "The network has room for a subnet in each zone.",
      why: """
        Each zone's subnet has its place by the zone's letter, zone `c` the third: this keeps subnets in place when zones \
        come and go, as a subnet's range cannot be changed.
        """,
      wayOut: "give `network.cidr` a smaller prefix length, or `network.subnetPrefix` a larger one",
      reads: ["network.cidr", "network.zones", "network.subnetPrefix"]
    ) { stack in
      let network = stack.network
      guard (16...28).contains(network.cidr.prefix) else { return [] }
      return network.zones.filter { network.subnet(in: $0.value) == nil }.map { zone in
        Finding(
          "\"\(network.cidr)\" has no room for the /\(network.subnetPrefix) of zone \"\(zone.value)\"", at: zone.span)
      }
    },
    Rule(
      "HA028", "subnet-spare", .warning,
      what: "Subnets have addresses to spare.",
      why: """
        AWS keeps five addresses of each subnet; members, endpoints and functions take the others, and a failover or an \
        upgrade that finds none free fails.
        """,
      wayOut: "choose a `network.subnetPrefix` of 26 or less",
      reads: ["network.subnetPrefix"]
    ) { stack in
      let network = stack.network
      guard network.subnetPrefix > 26 else { return [] }
      let usable = (1 << (32 - network.subnetPrefix)) - 5
      return [Finding("a /\(network.subnetPrefix) has \(usable) usable addresses", at: network.$subnetPrefix.span)]
    },
    Rule(
      "HA029", "endpoints-needed",
      what: "The endpoints that the functions inside the network call are there.",
      why: """
        The probe asks RDS for the members, records its metric and calls the coordinator, and the rotation of users' \
        passwords calls RDS and Secrets Manager and writes to the audit log, all from subnets without a way to the internet: without its endpoint a call \
        hangs until the function is ended.
        """,
      wayOut: "name rds, secretsmanager, monitoring, logs and lambda in `network.endpoints`",
      reads: ["network.endpoints"]
    ) { stack in
      let given = stack.network.endpoints.map(\.value)
      let missing = [EndpointService.rds, .secretsManager, .monitoring, .logs, .lambda].filter { !given.contains($0) }
      return missing.map { service in
        Finding(
          "there is no endpoint for \"\(service.rawValue)\"", at: stack.network.$endpoints.span,
          hint: "add \(service.rawValue) to `network.endpoints`")
      }
    },
  ]
}

extension CIDR {
  fileprivate var v4: IPv4Block? {
    switch self {
    case .v4(let block): block
    case .v6: nil
    }
  }
}

extension IPv4Block {
  /// Ranges that no host in a VPC sends from.
  fileprivate static let unusable: [(block: IPv4Block, use: String)] = [
    (.octets(0, 0, 0, 0, prefix: 8), "no address at all"),
    (.octets(127, 0, 0, 0, prefix: 8), "loopback"),
    (.octets(169, 254, 0, 0, prefix: 16), "link-local"),
    (.octets(224, 0, 0, 0, prefix: 4), "multicast"),
    (.octets(240, 0, 0, 0, prefix: 4), "reserved"),
  ]
}
