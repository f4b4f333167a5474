# SPDX-License-Identifier: Apache-2.0
"""The whole stack by hand, in the one order that AWS allows, and back."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from .conftest import Network, root_statement, trail, trust

MONITORING = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


def insist(call: Any, *codes: str) -> Any:
    """Tries again while AWS answers with one of these codes, as a patient client does."""
    for _ in range(20):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in codes:
                raise
    raise AssertionError(f"{codes} never end")


def build(aws: Any, network: Network) -> dict[str, str]:
    iam, kms, logs, rds, ec2 = (aws.client(service) for service in ("iam", "kms", "logs", "rds", "ec2"))
    logs_may = {
        "Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:*", "Resource": "*",
    }  # fmt: skip
    key = kms.create_key(Policy=json.dumps({"Statement": [root_statement(aws.account), logs_may]}))["KeyMetadata"][
        "Arn"
    ]
    role = iam.create_role(RoleName="monitor", AssumeRolePolicyDocument=trust("monitoring.rds.amazonaws.com"))["Role"]
    iam.attach_role_policy(RoleName="monitor", PolicyArn=MONITORING)
    logs.create_log_group(logGroupName="/aws/rds/cluster/payments/postgresql", kmsKeyId=key)
    endpoint = ec2.create_vpc_endpoint(
        VpcId=network.vpc, VpcEndpointType="Interface", ServiceName="com.amazonaws.us-east-1.kms",
        SubnetIds=network.subnets, SecurityGroupIds=[network.group], PrivateDnsEnabled=False,
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    rds.create_db_subnet_group(DBSubnetGroupName="payments", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    rds.create_db_cluster(
        DBClusterIdentifier="payments", Engine="aurora-postgresql", DBSubnetGroupName="payments", StorageEncrypted=True,
        KmsKeyId=key, VpcSecurityGroupIds=[network.group], MasterUsername="harecon", ManageMasterUserPassword=True,
        MasterUserSecretKmsKeyId=key, EnableCloudwatchLogsExports=["postgresql"],
        ServerlessV2ScalingConfiguration={"MinCapacity": 2, "MaxCapacity": 8},
    )  # fmt: skip
    trail(lambda: rds.describe_db_clusters(DBClusterIdentifier="payments")["DBClusters"][0]["Status"], "available")
    for name in ("payments-a", "payments-b", "payments-c"):
        given = {
            "DBInstanceIdentifier": name, "DBClusterIdentifier": "payments", "Engine": "aurora-postgresql",
            "DBInstanceClass": "db.serverless", "MonitoringInterval": 30, "MonitoringRoleArn": role["Arn"],
        }  # fmt: skip
        insist(lambda given=given: rds.create_db_instance(**given), "InvalidParameterValue")
    rds.get_waiter("db_instance_available").wait(WaiterConfig={"Delay": 0, "MaxAttempts": 30})
    return {"key": key, "endpoint": endpoint}


def raze(aws: Any, network: Network, made: dict[str, str]) -> None:
    iam, kms, logs, rds, ec2 = (aws.client(service) for service in ("iam", "kms", "logs", "rds", "ec2"))
    for name in ("payments-c", "payments-b", "payments-a"):
        rds.delete_db_instance(DBInstanceIdentifier=name)
    rds.delete_db_cluster(DBClusterIdentifier="payments", SkipFinalSnapshot=True)
    rds.get_waiter("db_cluster_deleted").wait(
        DBClusterIdentifier="payments", WaiterConfig={"Delay": 0, "MaxAttempts": 30}
    )
    rds.delete_db_subnet_group(DBSubnetGroupName="payments")
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made["endpoint"]])
    trail(lambda: str(len(ec2.describe_vpc_endpoints()["VpcEndpoints"])), "0")
    trail(lambda: str(len(ec2.describe_network_interfaces()["NetworkInterfaces"])), "0")
    ec2.delete_security_group(GroupId=network.group)
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=network.vpc)
    logs.delete_log_group(logGroupName="/aws/rds/cluster/payments/postgresql")
    iam.detach_role_policy(RoleName="monitor", PolicyArn=MONITORING)
    iam.delete_role(RoleName="monitor")
    kms.schedule_key_deletion(KeyId=made["key"], PendingWindowInDays=7)


def test_stack_is_built_and_taken_down(auto: Any, network: Network) -> None:
    made = build(auto, network)
    members = auto.client("rds").describe_db_clusters()["DBClusters"][0]["DBClusterMembers"]
    assert [member["IsClusterWriter"] for member in members] == [True, False, False]
    assert [item["kind"] for item in auto.inventory()].count("ec2/network-interface") == 6
    raze(auto, network, made)
    assert [(item["kind"], item["status"]) for item in auto.inventory()] == [("kms/key", "PendingDeletion")]
    auto.advance(8 * 86400)
    assert auto.inventory() == []


def test_accounts_and_regions_know_nothing_of_each_other(auto: Any, network: Network, other: Any) -> None:
    build(auto, network)
    assert other.inventory() == []
    assert auto.client("rds", region="eu-west-1").describe_db_clusters()["DBClusters"] == []
    assert [vpc["IsDefault"] for vpc in auto.client("ec2", region="eu-west-1").describe_vpcs()["Vpcs"]] == [True]


def test_reset_leaves_nothing(auto: Any, network: Network) -> None:
    build(auto, network)
    auto.reset()
    assert auto.inventory() == []
    assert auto.client("rds").describe_db_clusters()["DBClusters"] == []
    assert auto.client("iam").list_roles()["Roles"] == []
