// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

extension Stage {
  var scheduleGroup: Node<ScheduleGroup> {
    Node("main", .init(name: stack, tags: tags(ScheduleGroup.name, "main")))
  }

  /// A role that the service may assume.
  func role(_ name: String, for service: String) -> Node<IAMRole> {
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "\(service)"}, "Action": "sts:AssumeRole"}]}
      """
    return Node(
      name,
      .init(
        name: "\(stack)-\(name)", path: "/harecon/\(stack)/", description: "for \(service)", trust: trust,
        tags: tags(IAMRole.name, name)))
  }
}

extension ScheduleGroup: Sampled {
  static func sample(in stage: Stage) -> Sample {
    Sample(stage.scheduleGroup, others: [.other(\.tags, stage.tags(name, "main", team: "platform"))])
  }
}

extension Schedule: Sampled {
  static func sample(in stage: Stage) -> Sample {
    let role = stage.role("scheduler", for: "scheduler.amazonaws.com")
    let second = stage.role("second", for: "scheduler.amazonaws.com")
    let elsewhere = Node<ScheduleGroup>(
      "elsewhere", .init(name: "sample-elsewhere", tags: stage.tags(ScheduleGroup.name, "elsewhere")))
    let node = Node<Self>(
      "weekly",
      .init(
        name: "weekly", group: stage.scheduleGroup.output(\.name), description: "the weekly drill",
        expression: "cron(0 3 ? * SUN *)", target: "arn:aws:scheduler:::aws-sdk:fis:startExperiment",
        role: role.output(\.arn),
        input: ["ClientToken": "<aws.scheduler.execution-id>", "ExperimentTemplateId": "EXT1"],
        deadLetter: stage.arn("sqs", "sample-dead-letters")))
    return Sample(
      node,
      needs: [stage.scheduleGroup, elsewhere].map { $0.resource() } + [role, second].map { $0.resource() }
        + [stage.key.resource()],
      others: [
        .other(\.group, elsewhere.output(\.name)),
        .other(\.description, "another description"),
        .other(\.expression, "cron(0 4 ? * SUN *)"),
        .other(\.timeZone, "Europe/Berlin"),
        .other(\.state, "DISABLED"),
        .other(\.target, "arn:aws:scheduler:::aws-sdk:fis:stopExperiment"),
        .other(\.role, second.output(\.arn)),
        .other(\.input, ["Id": "EXP1"]),
        .other(\.retryAttempts, 0),
        .other(\.maximumAge, 60),
        .other(\.deadLetter, nil),
        .other(\.key, stage.key.output(\.arn)),
        .other(\.flexibleWindow, 15),
      ],
      untried: ["bounds": "no spec asks for any; the drift below tries it"],
      drifts: [
        Drift("somebody lets it end soon", changes: "bounds") { stage, live in
          try await stage.update(live, ["EndDate": "2031-01-01T00:00:00Z"])
        }
      ])
  }
}

extension Stage {
  /// Changes one member of a schedule and keeps the others.
  fileprivate func update(_ schedule: Observation, _ change: JSONObject) async throws {
    let names = schedule.id.split(separator: "/").map { JSON.string(String($0)) }
    let live = try await edit("scheduler", "GetSchedule", ["GroupName": names[0], "Name": names[1]])
    let kept = [
      "Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "Description", "State", "Target",
      "FlexibleTimeWindow",
    ]
    var whole = JSONObject((live.object?.members ?? []).filter { kept.contains($0.key) })
    for member in change.members { whole[member.key] = member.value }
    try await edit("scheduler", "UpdateSchedule", .object(whole))
  }
}
