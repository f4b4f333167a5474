// SPDX-License-Identifier: Apache-2.0

internal import Core
internal import ResourceKit
internal import Spec

/// What the Fault Injection Service may do to this stack: the faults that the spec's drills name, the record of what it
/// did, and nothing else.
struct FaultPolicies {
  private let scope: Scope

  init(_ scope: Scope) {
    self.scope = scope
  }

  var policy: Policy {
    let faults = Set(scope.stack.drills.map(\.fault))
    return Policy(DrillFault.allCases.filter(faults.contains).flatMap(statements) + [look, alarms, log] + report)
  }

  private func statements(_ fault: DrillFault) -> [Statement] {
    switch fault {
    case .writerFailover: [Statement("FailOver", ["rds:FailoverDBCluster"], on: [cluster])]
    case .memberRestart: [Statement("Restart", ["rds:RebootDBInstance"], on: restarted)]
    case .zoneIsolation: isolation
    }
  }

  private var cluster: String { scope.arn("rds", "cluster:\(scope.names.cluster)") }

  /// The members that a drill restarts.
  private var restarted: [String] {
    let names = Set(scope.stack.drills.filter { $0.fault == .memberRestart }.compactMap(\.member))
    return names.sorted().map { scope.arn("rds", "db:\(scope.names.instance($0))") }
  }

  /// FIS is not known to ask for what it means by its name.
  private var look: Statement {
    Statement("Look", ["rds:DescribeDBClusters", "rds:DescribeDBInstances"], on: ["*"])
  }

  private var alarms: Statement {
    Statement(
      "WatchStopCondition", ["cloudwatch:DescribeAlarms"],
      on: [scope.arn("cloudwatch", "alarm:\(scope.names.dataSafetyAlarm)")])
  }

  // MARK: A zone without a network

  /// FIS puts a network ACL of its own on the subnets, and the old one back. Ids of subnets and of the network are
  /// AWS's, so that the stack's tags say which.
  private var isolation: [Statement] {
    let acls = scope.arn("ec2", "network-acl/*")
    let byFIS = Condition.equals("ec2:ResourceTag/managedByFIS", "true")
    let asFIS = Condition.equals("aws:RequestTag/managedByFIS", "true")
    let ours = Condition.equals("ec2:ResourceTag/\(OwnerTag.stack)", scope.stack.name)
    return [
      Statement("MakeACL", ["ec2:CreateNetworkAcl"], on: [acls], when: [asFIS]),
      Statement(
        "LabelACL", ["ec2:CreateTags"], on: [acls], when: [asFIS, .equals("ec2:CreateAction", "CreateNetworkAcl")]),
      Statement(
        "UseNetwork", ["ec2:CreateNetworkAcl", "ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAcl"],
        on: [scope.arn("ec2", "vpc/*")], when: [ours]),
      Statement("ChangeACL", ["ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAcl"], on: [acls], when: [byFIS]),
      Statement("CutOff", ["ec2:ReplaceNetworkAclAssociation"], on: [scope.arn("ec2", "subnet/*")], when: [ours]),
      // The one that is put back is anybody's.
      Statement("CutOffBy", ["ec2:ReplaceNetworkAclAssociation"], on: [acls]),
      Statement(
        "LookAtNetwork",
        [
          "ec2:DescribeManagedPrefixLists", "ec2:DescribeNetworkAcls", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
        ], on: ["*"]),
    ]
  }

  // MARK: What is written down

  /// FIS sets up the delivery of its log in the name of the role; CloudWatch Logs takes no ARN for it.
  private var log: Statement {
    Statement(
      "DeliverLog",
      [
        "logs:CreateLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy",
      ], on: ["*"])
  }

  /// FIS takes pictures of the dashboard, for which CloudWatch takes no ARN, and puts them into a document in the bucket
  /// (user guide, experiment report configurations). The key's policy lets whoever may use the bucket use the key for it.
  private var report: [Statement] {
    [
      Statement(
        "ReadDashboard", ["cloudwatch:GetDashboard"],
        on: [scope.global("cloudwatch", "dashboard/\(scope.names.dashboard)")]),
      Statement("DrawDashboard", ["cloudwatch:GetMetricWidgetImage"], on: ["*"]),
      Statement(
        "WriteReport", ["s3:GetObject", "s3:PutObject"],
        on: [scope.object("\(EvidenceBlueprint.drills)/*", in: scope.names.evidenceBucket)]),
    ]
  }
}
