// SPDX-License-Identifier: Apache-2.0

import Core
import ResourceKit
import Resources

// The database that the samples of its parts stand on.

extension Stage {
  var subnets: [Node<Subnet>] { [subnet(0), subnet(1), subnet(2)] }

  var key: Node<KMSKey> {
    let policy = """
      {"Version": "2012-10-17", "Statement": [
        {"Sid": "Administration", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::\(account):root"},
         "Action": "kms:*", "Resource": "*"},
        {"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": "logs.\(Self.region).amazonaws.com"},
         "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
         "Resource": "*"}]}
      """
    return Node(
      "main",
      .init(
        alias: "alias/harecon/\(stack)/main", description: "the key of a sample", policy: policy, rotationPeriod: 365,
        tags: tags(KMSKey.name, "main")))
  }

  var subnetGroup: Node<DBSubnetGroup> {
    Node(
      "main",
      .init(
        name: stack, description: "the subnets of a sample", subnets: subnets.map { $0.output(\.id) },
        tags: tags(DBSubnetGroup.name, "main")))
  }

  var clusterParameters: Node<DBClusterParameterGroup> {
    Node(
      "main",
      .init(
        name: "\(stack)-cluster-pg15", family: "aurora-postgresql15", description: "the settings of a sample",
        parameters: ["log_min_duration_statement": "1000", "rds.force_ssl": "1"],
        tags: tags(DBClusterParameterGroup.name, "main")))
  }

  func instanceParameters(_ name: String = "main") -> Node<DBParameterGroup> {
    Node(
      name,
      .init(
        name: "\(stack)-instance-\(name)", family: "aurora-postgresql15", description: "the settings of a sample",
        parameters: ["log_min_duration_statement": "1000"], tags: tags(DBParameterGroup.name, name)))
  }

  var monitoringRole: Node<IAMRole> {
    let trust = """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "monitoring.rds.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
      """
    return Node(
      "monitoring",
      .init(
        name: "\(stack)-monitoring", path: "/harecon/\(stack)/", description: "the role of a sample", trust: trust,
        attachedPolicies: ["arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"],
        tags: tags(IAMRole.name, "monitoring")))
  }

  var cluster: Node<DBCluster> {
    guard let version = DBCluster.Version("15.10") else { preconditionFailure("a version") }
    return Node(
      "main",
      .init(
        name: stack, version: version, databaseName: "sample", masterUsername: "postgres",
        capacity: .init(min: 1, max: 8), subnetGroup: subnetGroup.output(\.name),
        parameterGroup: clusterParameters.output(\.name), securityGroups: [group("database").output(\.id)],
        key: key.output(\.arn), masterSecretKey: key.output(\.arn), backupRetention: 14,
        logExports: ["postgresql"], insights: .init(mode: "standard", retention: 7), insightsKey: key.output(\.arn),
        lifecycleSupport: "open-source-rds-extended-support-disabled", tags: tags(DBCluster.name, "main")))
  }

  /// What a cluster needs, its subnets and key included.
  var clusterNeeds: [DesiredResource] {
    [vpc.resource(), key.resource(), subnetGroup.resource(), clusterParameters.resource()]
      + subnets.map { $0.resource() } + [group("database").resource(), databaseRules.resource()]
  }

  private var databaseRules: Node<SecurityGroupRules> {
    Node(
      "database",
      .init(
        group: group("database").output(\.id), ingress: [SecurityRule(.tcp(5432...5432), .cidr("10.40.0.0/16"))],
        egress: []))
  }

  /// Where the instances' log goes, once there is an instance.
  var clusterLog: Node<LogGroup> {
    Node(
      "cluster-postgresql",
      .init(
        name: "/aws/rds/cluster/\(stack)/postgresql", retention: 400, key: key.output(\.arn),
        tags: tags(LogGroup.name, "cluster-postgresql")))
  }

  /// - Parameter letter: `a`, `b` or `c`: the zone too.
  func instance(_ letter: String) -> Node<DBInstance> {
    Node(
      letter,
      .init(
        name: "\(stack)-\(letter)", cluster: cluster.output(\.name), zone: "us-east-1\(letter)", promotionTier: 0,
        parameterGroup: instanceParameters().output(\.name), monitoringInterval: 10,
        monitoringRole: monitoringRole.output(\.arn), tags: tags(DBInstance.name, letter)))
  }
}
