// SPDX-License-Identifier: Apache-2.0

import Blueprint
import Core
import FoundationEssentials
import ResourceKit
import Resources
import Spec
import Testing

@Suite("The graph of a stack")
struct StackBlueprintTests {
  @Test("is what its spec says, resource by resource", arguments: ["payments", "minimal"])
  func golden(spec: String) throws {
    try Snapshot.expect(try graph(spec).listing, "\(spec).txt")
  }

  @Test("refers to nothing that is not in it", arguments: ["payments", "minimal"])
  func closed(spec: String) throws {
    let graph = try graph(spec)
    for resource in graph.sorted {
      for needed in resource.needs { #expect(graph.resources[needed] != nil, "\(resource.address) needs \(needed)") }
    }
  }

  @Test("makes first who is to write: of the lowest tier, the first in the spec", arguments: [(0, "a"), (2, "b")])
  func firstMember(tierOfA: Int, first: String) throws {
    let graph = try graph("payments") {
      $0.replacing("{name: a, zone: us-east-1a, tier: 0}", with: "{name: a, zone: us-east-1a, tier: \(tierOfA)}")
    }
    let members = graph.ofKind(DBInstance.name)
    let predecessors = members.map { ($0.address.name, $0.typed(DBInstance.self).predecessor) }
    #expect(predecessors.count == 3)
    for (name, predecessor) in predecessors {
      #expect(predecessor == (name == first ? nil : "payments-\(first)"), "\(name)")
    }
  }

  @Test("knows for every resource the place in the spec that asked for it")
  func origins() throws {
    let without = try graph("payments").sorted.filter { $0.origin?.file != "specs/payments.yaml" }.map(\.address)
    #expect(without == [])
  }

  @Test("says whose it is on everything that carries tags")
  func owned() throws {
    for resource in try graph("payments").sorted {
      let names = try #require(resource.address.kind.attributes, "\(resource.address) is of no known kind")
      guard let index = names.firstIndex(of: "tags") else { continue }
      let tags = [String: String](resource.values[index]) ?? [:]
      #expect(tags["harecon:stack"] == "payments")
      #expect(tags["harecon:id"] == resource.address.description)
      #expect(tags["owner"] == "dbre")
    }
  }

  @Test(
    "begins with one resource of a unique name, so that two runs at once make nothing twice",
    arguments: ["payments", "minimal"])
  func oneBeginning(spec: String) throws {
    let roots = try graph(spec).sorted.filter(\.needs.isEmpty)
    #expect(roots.map(\.address) == ["rds/cluster-parameter-group.main"].compactMap(Address.init(parsing:)))
    #expect(roots.allSatisfy { $0.key != nil })
  }

  @Test("makes a log's group before the cluster that would make its own")
  func logGroupsFirst() throws {
    let cluster = try #require(try graph("payments").resources[Address("rds/cluster", "main")])
    #expect(cluster.needs.contains(Address("logs/group", "cluster-postgresql")))
  }

  @Test("has no monitoring role when nothing is monitored")
  func unmonitored() throws {
    let graph = try graph("payments") {
      $0.replacing("  dataAPI: true", with: "  dataAPI: true\n  monitoringInterval: 0s")
    }
    #expect(graph.resources[Address("iam/role", "monitoring")] == nil)
    #expect(graph.ofKind("rds/instance").count == 3)
  }

  @Test("takes the spec's word over its own for a parameter")
  func parameters() throws {
    let graph = try graph("payments") {
      $0.replacing("log_min_duration_statement: \"1000\"", with: "log_statement: \"all\"")
    }
    let group = try #require(graph.resources[Address("rds/cluster-parameter-group", "main")])
    let text = group.listing
    #expect(text.contains("log_statement: \"all\""))
    #expect(text.contains("log_min_duration_statement: \"1000\""))
  }

  @Test(
    "speaks of the partition that its region is in",
    arguments: [("us-gov-west-1", "arn:aws-us-gov:iam::aws:"), ("us-east-1", "arn:aws:iam::aws:")])
  func partitions(region: String, policy: String) throws {
    let graph = try graph("minimal") { $0.replacing("us-east-1", with: region) }
    let role = try #require(graph.resources[Address("iam/role", "monitoring")])
    #expect(role.listing.contains(policy))
  }
}
