// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIFIS
package import AWSClient
package import Core
package import ResourceKit

// aws: fis CreateExperimentTemplate GetExperimentTemplate ListExperimentTemplates UpdateExperimentTemplate
// aws: fis DeleteExperimentTemplate TagResource UntagResource

/// A drill: what AWS's Fault Injection Service does to which resources, under whose rights, and what stops it.
///
/// - Targets are ARNs. Where none is left when an experiment starts, it fails: a drill that broke nothing must not look
///   like one that was survived.
/// - A stop condition must be an alarm that the drill itself does not raise, the safety of data for example: a drill that
///   stops on the loss of its writer stops always.
/// - That an experiment has completed says that its actions were carried out, not that the objectives were met.
/// - A template has no name, and AWS makes its id: it is found by its owner tags.
package enum ExperimentTemplate: ResourceKind {
  package static let name: KindName = "fis/experiment-template"
  package static let identity = Identity.tag
  /// A template that AWS remembers and that is gone takes some looks to be known as that.
  package static let patience = Patience(ready: .seconds(300))
  package static let follows: [KindName] = [
    IAMRole.name, LogGroup.name, DBCluster.name, DBInstance.name, Subnet.name, MetricAlarm.name,
    S3Bucket.name, Dashboard.name,
  ]

  package struct Desired: Sendable {
    /// At most 512 characters.
    package var description: String
    /// The ARN of the role that the Fault Injection Service takes on.
    package var role: Input<String>
    /// The unique id of that role, as the stack has it since it was made: templates are told from those of a stack of the
    /// same name that is gone (see `create`).
    package var roleID: Input<String>
    /// By a name that the actions use.
    package var targets: [String: Target]
    /// By a name that `Action.startAfter` uses.
    package var actions: [String: Action]
    /// ARNs of alarms: any of them in `ALARM` stops the experiment, and keeps it from starting.
    package var stopConditions: [Input<String>]
    /// The ARN of the log group that each step is written to.
    package var logGroup: Input<String>?
    /// What becomes of an experiment that finds nothing to break: `fail` or `skip`.
    package var emptyTargets: String
    package var report: Report?
    package var tags: [String: String]

    package init(
      description: String, role: Input<String>, roleID: Input<String>, targets: [String: Target],
      actions: [String: Action], stopConditions: [Input<String>], logGroup: Input<String>?,
      emptyTargets: String = "fail", report: Report? = nil, tags: [String: String]
    ) {
      self.description = description
      self.role = role
      self.roleID = roleID
      self.targets = targets
      self.actions = actions
      self.stopConditions = stopConditions
      self.logGroup = logGroup
      self.emptyTargets = emptyTargets
      self.report = report
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    package let arn: String
    let description: String
    let role: String
    let targets: [String: Target]
    let actions: [String: Action]
    let stopConditions: [String]
    let logGroup: String?
    let emptyTargets: String
    let report: Report?
    let tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("description", \.description, \.description),
    Attribute("role", \.role, \.role),
    Attribute(writeOnly: "roleID", \.roleID),
    Attribute("targets", \.targets, \.targets),
    Attribute("actions", \.actions, \.actions),
    Attribute("stopConditions", \.stopConditions, \.stopConditions, equality: .unordered),
    Attribute("logGroup", \.logGroup, \.logGroup),
    Attribute("emptyTargets", \.emptyTargets, \.emptyTargets),
    Attribute("report", \.report, \.report),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id), Output("arn", \.arn)]

  /// The listing has the tags and little else: only templates of ours are asked about.
  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    let listed = try await aws.all(FIS.listExperimentTemplates, .init(), \.experimentTemplates)
    let ours = listed.filter { template in
      guard let tags = template.tags, tags[OwnerTag.stack] == query.stack else { return false }
      guard let focus = query.focus else { return true }
      return template.id == focus.id || tags[OwnerTag.id] == focus.address.description
    }
    return try await ours.compactMap(\.id).concurrently { (id) async throws(CallError) in try await find(id, aws) }
      .compactMap(\.self)
  }

  /// nil when there is no such template.
  private static func find(_ id: String, _ aws: AWS) async throws(CallError) -> Observed? {
    let answer = try await ifThere { () async throws(CallError) in
      try await aws(FIS.getExperimentTemplate, .init(id: id))
    }
    return answer?.experimentTemplate.map(Observed.init)
  }

  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    try await create(desired, after: nil, aws)
  }

  /// The token is made from what is asked for, so that a run that starts after one whose answer was lost asks for the same
  /// template, and not for a second one.
  ///
  /// AWS remembers tokens for longer than templates: it may answer with one that was deleted since. The role's unique id
  /// in the token tells a stack from one of the same name that was taken down. Within one stack, for a drill that left the
  /// spec and comes back: by the time that the old one is known for gone, whatever an earlier run made since has shown itself.
  /// From there on a token that was never used does, and one is enough however often the drill was made before.
  package static func create(_ desired: Desired, after gone: String?, _ aws: AWS) async throws(CallError) {
    var request = try createRequest(desired)
    // The client gives a request without a token one of its own.
    request.clientToken = gone == nil ? clientToken(of: desired) : nil
    let answer = try await awaitingVisibility { [request] () async throws(CallError) in
      try await aws(FIS.createExperimentTemplate, request)
    }
    guard let id = answer.experimentTemplate?.id, try await find(id, aws) == nil else { return }
    throw CallError(
      .ambiguous, code: "NotVisible", message: "AWS answered with \"\(id)\" and shows nothing of it",
      operation: "fis CreateExperimentTemplate", answeredID: id)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if let request = try updateRequest(observed.id, to: desired, changes) {
      _ = try await awaitingVisibility { () async throws(CallError) in
        try await aws(FIS.updateExperimentTemplate, request)
      }
    }
    if changes.contains(\.tags) { try await retag(observed, to: desired.tags, aws) }
  }

  private static func retag(_ observed: Observed, to desired: [String: String], _ aws: AWS) async throws(CallError) {
    let changes = TagChanges(from: observed.tags, to: desired)
    if !changes.set.isEmpty {
      let tags = Dictionary(uniqueKeysWithValues: changes.set.map { ($0.key, $0.value) })
      _ = try await aws(FIS.tagResource, .init(resourceArn: observed.arn, tags: tags))
    }
    if !changes.remove.isEmpty {
      _ = try await aws(FIS.untagResource, .init(resourceArn: observed.arn, tagKeys: changes.remove))
    }
  }

  /// Experiments that run go on: they have taken with them what the template said.
  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    _ = try await aws(FIS.deleteExperimentTemplate, .init(id: observed.id))
  }

  package static func facts(_ observed: Observed) -> Facts {
    Facts(id: observed.id, owner: OwnerTag.owner(observed.tags))
  }
}
