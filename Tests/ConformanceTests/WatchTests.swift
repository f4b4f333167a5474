// SPDX-License-Identifier: Apache-2.0

import Core
import Engine
import ResourceKit
import Resources
import Testing

/// What alarms and dashboards do that one sample of each cannot show.
@Suite(.timeLimit(.minutes(20)), .atMostEight)
struct WatchTests {
  @Test("an alarm on metric math is made, changed and left alone")
  func metricMath() async throws {
    let stage = try await Stage()
    let alarm = { (expression: String) in
      let failures = WatchedMetric("AWS/Lambda", "Errors", ["FunctionName": "sample-probe"], .sum, unit: "Count")
      let calls = WatchedMetric("AWS/Lambda", "Invocations", ["FunctionName": "sample-probe"], .sum)
      return Node<MetricAlarm>(
        "failures",
        .init(
          name: "sample-failures", description: "the probe fails",
          on: [
            MetricQuery("rate", .expression(expression), label: "failures", isWatched: true),
            MetricQuery("m1", .metric(failures)), MetricQuery("m2", .metric(calls)),
          ],
          .above, 5, evaluationPeriods: 3, datapointsToAlarm: 2, missingData: .ignored,
          tags: stage.tags(MetricAlarm.name, "failures"))
      ).resource()
    }
    try await stage.converge([alarm("100 * m1 / m2")])
    #expect(try await stage.plan([alarm("100 * m1 / m2")]).plan.steps == [])
    let other = try await stage.converge([alarm("100 * m1 / MAX([m2, 1])")])
    #expect(other.updates?.values.flatMap(\.self) == ["metrics"])
    #expect(try await stage.plan([alarm("100 * m1 / MAX([m2, 1])")]).plan.steps == [])
    try await stage.expectNoViolations()
  }

  @Test("an alarm that looks at AWS's metrics more often than they come is refused before any call")
  func shortPeriods() async throws {
    let stage = try await Stage()
    let alarm = Node<MetricAlarm>(
      "lag",
      .init(
        name: "sample-lag", description: "",
        on: WatchedMetric("AWS/RDS", "AuroraReplicaLag", [:], .maximum, period: 10),
        .above, 1, evaluationPeriods: 1, tags: stage.tags(MetricAlarm.name, "lag")))
    let verdict = await stage.apply(try await stage.plan([alarm.resource()]))
    #expect(!verdict.isSuccess)
    #expect(verdict.diagnostics.all.contains { $0.message.contains("take a period of 60") })
    #expect(try await stage.calls().filter(\.isWrite).map(\.description) == [])
  }

  @Test("an alarm of our name that is not ours is left alone")
  func foreignAlarm() async throws {
    let stage = try await Stage()
    let sample = MetricAlarm.sample(in: stage)
    try await stage.edit(
      "cloudwatch", "PutMetricAlarm",
      [
        "AlarmName": "sample-lag", "Namespace": "theirs", "MetricName": "m", "Statistic": "Sum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "LessThanThreshold",
      ])
    await #expect(throws: (any Error).self) { _ = try await stage.plan(sample.resources()) }
    #expect(try await stage.calls().filter(\.isWrite).map(\.description) == [])
  }

  @Test("a new state of an alarm is no difference and what a drill left behind stays in it")
  func statesAreNoDrift() async throws {
    let stage = try await Stage()
    let sample = CompositeAlarm.sample(in: stage)
    try await stage.converge(sample.resources())
    try await stage.edit(
      "cloudwatch", "SetAlarmState", ["AlarmName": "sample-lag", "StateValue": "ALARM", "StateReason": "a drill"])
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
    let page = try await stage.theOne(of: sample)
    #expect(page.outputs["state"] == .string("ALARM"))
    try await stage.converge(sample.resources(sample.others["description"]))
    #expect(try await stage.theOne(of: sample).outputs["state"] == .string("ALARM"))
  }

  @Test("where CloudWatch gives no tags of dashboards, the body proves whose they are")
  func dashboardsWithoutTags() async throws {
    let stage = try await Stage()
    try await stage.control("settings", ["dashboard_tags": false])
    let sample = Dashboard.sample(in: stage)
    try await stage.converge(sample.resources())
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
    try await stage.converge(sample.resources(sample.others["body"]))
    try await stage.destroy(sample.resources())
    #expect(try await stage.observe(Dashboard.name, sample.resources()).isEmpty)
    try await stage.expectNoViolations()
  }

  @Test("what CloudWatch will not show of a dashboard is an error that says so")
  func dashboardComplaints() async throws {
    let stage = try await Stage()
    let widget: JSONDocument = [
      "type": "metric", "properties": ["region": "us-east-1", "metrics": [["AWS/RDS", "DBLoad", "Role"]]],
    ]
    let node = Node<Dashboard>(
      "main", .init(name: "sample-main", widgets: [widget], tags: stage.tags(Dashboard.name, "main")))
    let verdict = await stage.apply(try await stage.plan([node.resource()]))
    #expect(verdict.diagnostics.all.contains { $0.message.contains("/widgets/0") }, "\(verdict)")
  }

  @Test("other people's filters on a group of ours stay")
  func othersFilters() async throws {
    let stage = try await Stage()
    let sample = MetricFilter.sample(in: stage)
    try await stage.converge(sample.resources())
    try await stage.edit(
      "logs", "PutMetricFilter",
      [
        "logGroupName": "/harecon/sample/audit", "filterName": "theirs", "filterPattern": "ERROR",
        "metricTransformations": [["metricName": "m", "metricNamespace": "theirs", "metricValue": "1"]],
      ])
    let without = try await stage.plan(sample.needs).plan.changes.filter { $0.action == .delete }
    #expect(without.count == 1, "ours goes when it has left the spec, and theirs does not")
    #expect(try await stage.plan(sample.resources()).plan.steps == [])
  }
}
