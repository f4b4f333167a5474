// SPDX-License-Identifier: Apache-2.0

internal import AWSAPIEC2
package import AWSClient
package import Core
package import ResourceKit

// aws: ec2 CreateFlowLogs DescribeFlowLogs DeleteFlowLogs CreateTags DeleteTags

/// The record of who talked to whom in the network, written to a log group.
///
/// AWS lets nothing of a flow log be changed, and takes no second one of the same traffic to the same group: the old one goes
/// and another is made, and some lines in between are missing.
///
/// What cannot be delivered is told by AWS beside the log, after a while: it shows as the log's health.
package enum FlowLog: ResourceKind {
  package static let name: KindName = "ec2/flow-log"
  package static let identity = Identity.tag
  package static let follows: [KindName] = [VPC.name, LogGroup.name, IAMRole.name]

  /// The fields of a line: those of AWS's own format, in its order.
  package static let format =
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    + "${bytes} ${start} ${end} ${action} ${log-status}"

  package struct Desired: Sendable {
    package var vpc: Input<String>
    /// `ALL`, `ACCEPT` or `REJECT`.
    package var traffic: String
    /// The ARN of the log group.
    package var logGroup: Input<String>
    /// The ARN of the role that writes; its trust is for `vpc-flow-logs.amazonaws.com`.
    package var role: Input<String>
    /// The fields of a line.
    package var format: String
    /// Seconds that are put together in one line: 60 or 600.
    package var interval: Int
    package var tags: [String: String]

    package init(
      vpc: Input<String>, traffic: String = "ALL", logGroup: Input<String>, role: Input<String>,
      format: String = FlowLog.format, interval: Int = 600, tags: [String: String]
    ) {
      self.vpc = vpc
      self.traffic = traffic
      self.logGroup = logGroup
      self.role = role
      self.format = format
      self.interval = interval
      self.tags = tags
    }
  }

  package struct Observed: Sendable {
    package let id: String
    let vpc: String
    let traffic: String
    let logGroup: String
    let role: String
    let format: String
    let interval: Int
    let status: String
    /// Why nothing arrives in the group, when nothing does.
    let failure: String?
    let tags: [String: String]
  }

  package static let attributes: [Attribute<Self>] = [
    Attribute("vpc", \.vpc, \.vpc, .replace()),
    Attribute("traffic", \.traffic, \.traffic, .replace()),
    Attribute("logGroup", \.logGroup, \.logGroup, .replace()),
    Attribute("role", \.role, \.role, .replace()),
    Attribute("format", \.format, \.format, .replace()),
    Attribute("interval", \.interval, \.interval, .replace()),
    Attribute("tags", \.tags, \.tags, equality: .tags),
  ]

  package static let outputs: [Output<Self>] = [Output("id", \.id)]

  package static func observe(_ query: Query<Self>, _ aws: AWS) async throws(CallError) -> [Observed] {
    try await aws.all(EC2.describeFlowLogs, .init(filter: query.filters), \.flowLogs).map(observed)
  }

  private static func observed(_ log: EC2.FlowLog) -> Observed {
    // The destination is the group's ARN, with `:*` or without; older answers have the name alone.
    let destination = log.logDestination ?? log.logGroupName ?? ""
    return Observed(
      id: log.flowLogId ?? "", vpc: log.resourceId ?? "", traffic: log.trafficType ?? "",
      logGroup: destination.hasSuffix(":*") ? String(destination.dropLast(2)) : destination,
      role: log.deliverLogsPermissionArn ?? "", format: log.logFormat ?? "",
      interval: log.maxAggregationInterval ?? 600, status: log.flowLogStatus ?? "",
      failure: log.deliverLogsStatus == "FAILED" ? log.deliverLogsErrorMessage ?? "FAILED" : nil,
      tags: log.tags?.byKey ?? [:])
  }

  /// The call answers 200 also when it made nothing: what went wrong is in the answer.
  package static func create(_ desired: Desired, _ aws: AWS) async throws(CallError) {
    let request = EC2.CreateFlowLogsInput(
      resourceIds: [try desired.vpc.now()], resourceType: "VPC",
      deliverLogsPermissionArn: try desired.role.now(), trafficType: desired.traffic,
      logDestinationType: "cloud-watch-logs", logDestination: try desired.logGroup.now(), logFormat: desired.format,
      tagSpecifications: .creating("vpc-flow-log", desired.tags), maxAggregationInterval: desired.interval)
    _ = try await awaitingVisibility { () async throws(CallError) in
      try refusal(of: try await aws(EC2.createFlowLogs, request).unsuccessful, "ec2 CreateFlowLogs")
    }
  }

  private static func refusal(of items: [EC2.UnsuccessfulItem]?, _ operation: String) throws(CallError) {
    guard let error = items?.first?.error else { return }
    let code = error.code ?? "Unsuccessful"
    let category: CallError.Category =
      if code.contains("NotFound") {
        .notFound
      } else if code == "FlowLogAlreadyExists" {
        .alreadyExists
      } else {
        .invalid
      }
    throw CallError(category, code: code, message: error.message ?? "", operation: operation)
  }

  package static func update(
    _ observed: Observed, to desired: Desired, _ changes: Changes<Self>, _ aws: AWS
  ) async throws(CallError) {
    if changes.contains(\.tags) { try await retag(observed.id, from: observed.tags, to: desired.tags, aws) }
  }

  package static func delete(_ observed: Observed, _ deletion: Deletion, _ aws: AWS) async throws(CallError) {
    try refusal(
      of: try await aws(EC2.deleteFlowLogs, .init(flowLogIds: [observed.id])).unsuccessful, "ec2 DeleteFlowLogs")
  }

  package static func facts(_ observed: Observed) -> Facts {
    let health: Health =
      if let failure = observed.failure {
        .degraded("nothing arrives in the log group: \(failure)")
      } else {
        observed.status == "ACTIVE" ? .ready : .progressing(observed.status)
      }
    return Facts(id: observed.id, owner: OwnerTag.owner(observed.tags), health: health)
  }
}
