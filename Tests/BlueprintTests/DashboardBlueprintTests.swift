// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite("The dashboard in the graph of a stack")
struct DashboardBlueprintTests {
  private func widgets(_ graph: Graph) throws -> [JSON] {
    let body = try graph.value("cloudwatch/dashboard.main", "body").withNames
    let whole = try body.string.map { try JSON(parsing: $0) } ?? body
    return try #require(whole["widgets"]?.array)
  }

  private func titles(_ widgets: [JSON]) -> [String] { widgets.compactMap { $0["properties"]?["title"]?.string } }

  @Test("shows what was asked for")
  func contents() throws {
    let titles = titles(try widgets(try graph("payments")))
    let wanted = [
      "Alarms", "Requests per second", "Active connections", "Replication lag", "Capacity", "Commit latency",
      "Deadlocks and transaction ids", "Writer as the probe finds it", "Drills", "Restored backups", "Dead letters",
    ]
    for title in wanted { #expect(titles.contains(title), "\(title)") }
    #expect(titles.contains { $0.hasPrefix("Failover timeline") })
  }

  @Test("has no widget that overlaps another or leaves the grid")
  func grid() throws {
    var taken: Set<[Int]> = []
    for widget in try widgets(try graph("payments")) {
      guard let x = widget["x"]?.int, let y = widget["y"]?.int else { continue }
      let (width, height) = (try #require(widget["width"]?.int), try #require(widget["height"]?.int))
      #expect(x + width <= 24)
      for column in x..<(x + width) {
        for row in y..<(y + height) { #expect(taken.insert([column, row]).inserted, "\(column), \(row)") }
      }
    }
    #expect(!taken.isEmpty)
  }

  @Test("follows roles and not instances in everything that AWS records of the database")
  func roles() throws {
    let metrics = try widgets(try graph("payments")).flatMap { $0["properties"]?["metrics"]?.array ?? [] }
    let ofDatabase = metrics.filter { $0.array?.first?.string == "AWS/RDS" }
    #expect(!ofDatabase.isEmpty)
    for metric in ofDatabase { #expect(metric.array?.contains(.string("Role")) == true, "\(metric)") }
  }

  @Test("shows the state of every alarm of the stack")
  func alarms() throws {
    let graph = try graph("payments")
    let states = try #require(try widgets(graph).first { $0["type"]?.string == "alarm" })
    let shown = try #require(states["properties"]?["alarms"]?.texts)
    let kinds: [KindName] = ["cloudwatch/alarm", "cloudwatch/composite-alarm"]
    let names = kinds.flatMap { graph.ofKind($0) }.compactMap(\.key)
    #expect(shown == names.map { "arn:aws:cloudwatch:us-east-1:111122223333:alarm:\($0)" }.sorted())
    #expect(shown.count <= 100)
  }

  @Test("changes in nothing but its body when a member joins")
  func members() throws {
    let member = "    - {name: c, zone: us-east-1c, tier: 1}\n"
    let larger = try graph("payments") {
      $0.replacing(member, with: member + "    - {name: d, zone: us-east-1a, tier: 1}\n")
    }
    let (before, after) = (try widgets(try graph("payments")), try widgets(larger))
    #expect(titles(before) == titles(after))
    let changed = zip(before, after).filter { $0 != $1 }.map { $0.0["properties"]?["title"]?.string }
    #expect(changed == ["Members as the probe finds them", "Replication lag by member"])
  }
}
