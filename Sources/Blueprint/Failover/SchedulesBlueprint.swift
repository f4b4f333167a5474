// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Resources
internal import Spec

/// What runs by the clock: one group, which carries the owner's tags for all schedules in it, and one role.
struct SchedulesBlueprint {
  let group: Node<ScheduleGroup>
  private let role: Node<IAMRole>
  private let queue: Input<String>
  private let key: Input<String>
  private let scope: Scope

  init(_ scope: Scope, _ encryption: EncryptionBlueprint, _ queues: QueuesBlueprint) {
    self.scope = scope
    queue = queues[.drillsDead].output(\.arn)
    key = encryption.key.output(\.arn)
    group = Node("main", .init(name: scope.names.scheduleGroup, tags: scope.tags(ScheduleGroup.self, "main")))
    let trust = Statement.trust(
      "scheduler.amazonaws.com",
      when: [
        .equals("aws:SourceAccount", scope.stack.account),
        .arn("aws:SourceArn", scope.arn("scheduler", "schedule-group/\(scope.names.scheduleGroup)")),
      ])
    role = Node(
      "scheduler",
      .init(
        name: scope.names.role(.scheduler), path: scope.names.rolePath,
        description: "schedules of \(scope.stack.name)", trust: Policy(trust).text,
        inlinePolicies: ["work": Self.work(scope).text], permissionsBoundary: scope.boundary,
        tags: scope.tags(IAMRole.self, "scheduler")))
  }

  var resources: [DesiredResource] {
    [group.resource(origin: scope.stack.$name.span), role.resource(origin: scope.stack.$name.span)]
  }

  /// One that calls a function.
  func schedule(
    _ name: String, _ description: String, every expression: String, calls function: Node<LambdaFunction>,
    input: JSONDocument? = nil, maximumAge: Int
  ) -> Node<Schedule> {
    schedule(
      name, description, every: expression, target: function.output(\.arn), input: input, retries: 0,
      maximumAge: maximumAge)
  }

  /// One that makes any call of AWS, `target` as `arn:aws:scheduler:::aws-sdk:fis:startExperiment`.
  func schedule(
    _ name: String, _ description: String, every expression: String, target: Input<String>, input: JSONDocument?,
    retries: Int, maximumAge: Int
  ) -> Node<Schedule> {
    Node(
      name,
      .init(
        name: scope.names.schedule(name), group: group.output(\.name), description: description,
        expression: expression, target: target, role: role.output(\.arn), input: input, retryAttempts: retries,
        maximumAge: maximumAge, deadLetter: queue, key: key))
  }

  /// Wakes functions, starts experiments of this stack's templates, and keeps what it could not do.
  private static func work(_ scope: Scope) -> Policy {
    let woken = [StackFunction.probe, .lagGuard, .backupVerifier].map {
      scope.arn("lambda", "function:\(scope.names.function($0))")
    }
    let undelivered = Statement(
      "KeepUndelivered", ["sqs:SendMessage"], on: [scope.arn("sqs", scope.names.queue(.drillsDead))])
    return Policy([Statement("Wake", ["lambda:InvokeFunction"], on: woken), undelivered] + drills(scope))
  }

  private static func drills(_ scope: Scope) -> [Statement] {
    guard !scope.stack.drills.isEmpty else { return [] }
    return [
      // Templates have ids that AWS makes up: their tag says whose they are. The experiment has none before it begins.
      Statement(
        "Drill", ["fis:StartExperiment"], on: [scope.arn("fis", "experiment-template/*")],
        when: [.equals("aws:ResourceTag/\(OwnerTag.stack)", scope.stack.name)]),
      Statement("BeginDrill", ["fis:StartExperiment"], on: [scope.arn("fis", "experiment/*")]),
      // The first experiment of an account makes the role by which FIS watches the stop conditions.
      Statement(
        "FirstDrill", ["iam:CreateServiceLinkedRole"], on: [scope.serviceLinkedRole("fis", "AWSServiceRoleForFIS")],
        when: [.equals("iam:AWSServiceName", "fis.amazonaws.com")]),
    ]
  }
}
