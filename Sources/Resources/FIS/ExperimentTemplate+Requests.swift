// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIFIS
internal import AWSClient
internal import Core
internal import ResourceKit

extension ExperimentTemplate.Observed {
  init(_ template: FIS.ExperimentTemplate) {
    id = template.id ?? ""
    arn = template.arn ?? ""
    description = template.description ?? ""
    role = template.roleArn ?? ""
    targets = (template.targets ?? [:]).mapValues(ExperimentTemplate.Target.init)
    actions = (template.actions ?? [:]).mapValues(ExperimentTemplate.Action.init)
    // Without a condition AWS gives one back whose source is `none`.
    stopConditions = (template.stopConditions ?? []).compactMap(\.value)
    logGroup = (template.logConfiguration?.cloudWatchLogsConfiguration?.logGroupArn).map(withoutStar)
    emptyTargets = template.experimentOptions?.emptyTargetResolutionMode ?? "fail"
    report = template.experimentReportConfiguration.flatMap(ExperimentTemplate.Report.init)
    tags = template.tags ?? [:]
  }
}

extension ExperimentTemplate.Target {
  init(_ target: FIS.ExperimentTemplateTarget) {
    self.init(
      resourceType: target.resourceType ?? "", resources: (target.resourceArns ?? []).map { .given($0) },
      selection: target.selectionMode ?? "ALL", parameters: target.parameters ?? [:])
    resourceTags = target.resourceTags ?? [:]
    filters = (target.filters ?? []).reduce(into: [:]) { filters, filter in
      if let path = filter.path { filters[path, default: []] += filter.values ?? [] }
    }
  }
}

extension ExperimentTemplate.Action {
  init(_ action: FIS.ExperimentTemplateAction) {
    self.init(
      action.actionId ?? "", description: action.description ?? "", parameters: action.parameters ?? [:],
      targets: action.targets ?? [:], startAfter: action.startAfter ?? [])
  }
}

extension ExperimentTemplate.Report {
  /// nil for a configuration that writes nowhere.
  init?(_ report: FIS.ExperimentTemplateReportConfiguration) {
    guard let bucket = report.outputs?.s3Configuration?.bucketName else { return nil }
    self.init(
      bucket: .given(bucket), prefix: report.outputs?.s3Configuration?.prefix ?? "",
      dashboards: (report.dataSources?.cloudWatchDashboards ?? []).compactMap(\.dashboardIdentifier)
        .map { .given($0) },
      before: report.preExperimentDuration ?? "", after: report.postExperimentDuration ?? "")
  }
}

extension ExperimentTemplate {
  /// Without the token, which depends on what AWS remembers.
  static func createRequest(_ desired: Desired) throws(CallError) -> FIS.CreateExperimentTemplateInput {
    var targets: [String: FIS.CreateExperimentTemplateTargetInput] = [:]
    for (name, target) in desired.targets {
      targets[name] = .init(
        resourceType: target.resourceType, selectionMode: target.selection,
        resourceArns: try target.resources.now().sorted(), parameters: target.parameters.unlessEmpty)
    }
    return FIS.CreateExperimentTemplateInput(
      clientToken: "", description: desired.description,
      stopConditions: try stopConditions(desired).map {
        .init(source: $0.source, value: $0.alarm)
      },
      actions: desired.actions.mapValues { action in
        .init(
          actionId: action.action, description: action.description.unlessEmpty,
          parameters: action.parameters.unlessEmpty, targets: action.targets.unlessEmpty,
          startAfter: action.startAfter.sorted().unlessEmpty)
      },
      // AWS wants the member also where there is no target.
      roleArn: try desired.role.now(), targets: targets, tags: desired.tags,
      logConfiguration: try desired.logGroup.map { (group) throws(CallError) in
        .init(logSchemaVersion: logSchema, cloudWatchLogsConfiguration: .init(logGroupArn: try withStar(group.now())))
      },
      experimentOptions: .init(accountTargeting: "single-account", emptyTargetResolutionMode: desired.emptyTargets),
      experimentReportConfiguration: try desired.report.map { (report) throws(CallError) in
        .init(
          outputs: try outputs(report), dataSources: try dataSources(report), preExperimentDuration: report.before,
          postExperimentDuration: report.after)
      })
  }

  /// nil when nothing but tags changes. What is named replaces what was there; what is not named stays.
  static func updateRequest(
    _ id: String, to desired: Desired, _ changes: Changes<Self>
  ) throws(CallError) -> FIS.UpdateExperimentTemplateInput? {
    let whole = try createRequest(desired)
    let untouched = FIS.UpdateExperimentTemplateInput(id: id)
    var request = untouched
    if changes.contains(\.description) { request.description = desired.description }
    if changes.contains(\.role) { request.roleArn = whole.roleArn }
    if changes.contains(\.stopConditions) {
      request.stopConditions = try stopConditions(desired).map { .init(source: $0.source, value: $0.alarm) }
    }
    // Together: AWS checks that each names the other.
    if changes.containsAny(\.targets, \.actions) {
      request.targets = (whole.targets ?? [:]).mapValues { target in
        .init(
          resourceType: target.resourceType ?? "", selectionMode: target.selectionMode ?? "",
          resourceArns: target.resourceArns, parameters: target.parameters)
      }
      request.actions = (whole.actions ?? [:]).mapValues { action in
        .init(
          actionId: action.actionId, description: action.description, parameters: action.parameters,
          targets: action.targets, startAfter: action.startAfter)
      }
    }
    // An empty configuration takes away the one that is there.
    if changes.contains(\.logGroup) {
      request.logConfiguration = .init(
        cloudWatchLogsConfiguration: whole.logConfiguration?.cloudWatchLogsConfiguration,
        logSchemaVersion: whole.logConfiguration?.logSchemaVersion)
    }
    if changes.contains(\.emptyTargets) {
      request.experimentOptions = .init(emptyTargetResolutionMode: desired.emptyTargets)
    }
    if changes.contains(\.report) {
      request.experimentReportConfiguration = .init(
        outputs: whole.experimentReportConfiguration?.outputs,
        dataSources: whole.experimentReportConfiguration?.dataSources,
        preExperimentDuration: whole.experimentReportConfiguration?.preExperimentDuration,
        postExperimentDuration: whole.experimentReportConfiguration?.postExperimentDuration)
    }
    return request.fields == untouched.fields ? nil : request
  }

  private static let logSchema = 2

  private static func stopConditions(_ desired: Desired) throws(CallError) -> [(source: String, alarm: String?)] {
    let alarms = try desired.stopConditions.now().sorted()
    return alarms.isEmpty ? [("none", nil)] : alarms.map { ("aws:cloudwatch:alarm", $0) }
  }

  private static func outputs(
    _ report: Report
  ) throws(CallError) -> FIS.ExperimentTemplateReportConfigurationOutputsInput {
    .init(s3Configuration: .init(bucketName: try report.bucket.now(), prefix: report.prefix.unlessEmpty))
  }

  private static func dataSources(
    _ report: Report
  ) throws(CallError) -> FIS.ExperimentTemplateReportConfigurationDataSourcesInput {
    .init(
      cloudWatchDashboards: try report.dashboards.now().sorted().map { .init(dashboardIdentifier: $0) })
  }

  /// 64 hexadecimal digits: the same for the same wish, whichever run has it.
  static func clientToken(of desired: Desired) -> String {
    let wish: Value = .map([
      "description": desired.description.value, "role": desired.role.value, "roleID": desired.roleID.value,
      "targets": desired.targets.value, "actions": desired.actions.value,
      "stopConditions": desired.stopConditions.value, "logGroup": desired.logGroup.value,
      "emptyTargets": desired.emptyTargets.value, "report": desired.report.value,
      "tags": desired.tags.value,
    ])
    return Digest.hex(Digest.sha256(text(wish)))
  }

  /// The same for the same value: members in the order of their names.
  private static func text(_ value: Value) -> String {
    switch value {
    case .list(let items): "[\(items.map(text).joined(separator: ","))]"
    case .map(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\($0.key.debugDescription):\(text($0.value))" }.joined(separator: ","))}"
    case .string(let text): text.debugDescription
    case .null, .bool, .int, .double, .unknown, .sealed: "\(value)"
    }
  }
}

/// FIS, like other services, wants log groups with `:*` behind them, and gives them back with it or without.
private func withStar(_ arn: String) -> String { withoutStar(arn) + ":*" }

private func withoutStar(_ arn: String) -> String { arn.hasSuffix(":*") ? String(arn.dropLast(2)) : arn }

extension Collection {
  /// AWS refuses many empty lists and texts, and means the same by none at all.
  fileprivate var unlessEmpty: Self? { isEmpty ? nil : self }
}
