# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Network, gone, refused, trust
from .words import cluster, cluster_trail, instance, instance_trail, make_cluster, make_instance, settle


def test_instances_take_their_time_and_make_a_cluster(rds: Any, network: Network, auto: Any) -> None:
    make_cluster(rds, network)
    with refused("InvalidDBClusterStateFault"):
        make_instance(rds, "payments-a")
    cluster_trail(rds)
    made = make_instance(
        rds, "Payments-A", AvailabilityZone="us-east-1b", PromotionTier=0, AutoMinorVersionUpgrade=False
    )
    assert made["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in made
    assert instance_trail(rds, "payments-a") == ["creating", "available"]
    seen = instance(rds, "payments-a")
    assert seen["AvailabilityZone"] == "us-east-1b"
    assert seen["Endpoint"]["Address"].startswith("payments-a.c")
    assert seen["DBSubnetGroup"]["VpcId"] == network.vpc
    assert seen["PromotionTier"] == 0 and seen["AutoMinorVersionUpgrade"] is False
    assert seen["PendingModifiedValues"] == {}
    make_instance(rds, "payments-b")
    assert instance(rds, "payments-b")["AvailabilityZone"] == "us-east-1a"
    roles = [(m["DBInstanceIdentifier"], m["IsClusterWriter"]) for m in cluster(rds)["DBClusterMembers"]]
    assert roles == [("payments-a", True), ("payments-b", False)]
    assert cluster(rds)["MultiAZ"] is True


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DBInstanceClass": "db.banana"}, "InvalidParameterValue"),
        ({"PromotionTier": 16}, "InvalidParameterValue"),
        ({"AvailabilityZone": "us-east-1f"}, "InvalidParameterValue"),
        ({"EngineVersion": "15.8"}, "InvalidParameterCombination"),
        ({"DBClusterIdentifier": "none"}, "DBClusterNotFoundFault"),
        ({"DBParameterGroupName": "none"}, "DBParameterGroupNotFound"),
        ({"DBParameterGroupName": "default.aurora-postgresql16"}, "InvalidParameterCombination"),
        ({"MasterUsername": "someone"}, "InvalidParameterCombination"),
        ({"CACertificateIdentifier": "rds-ca-2015"}, "CertificateNotFound"),
        ({"MonitoringInterval": 60}, "InvalidParameterCombination"),
        ({"DBInstanceIdentifier": "payments-a"}, "DBInstanceAlreadyExists"),
    ],
)  # fmt: skip
def test_instance_refusals(members: Any, change: dict[str, Any], code: str) -> None:
    with refused(code):
        make_instance(
            members,
            **{"name": "payments-d", **{("name" if k == "DBInstanceIdentifier" else k): v for k, v in change.items()}},
        )


def test_serverless_instance_needs_capacity_on_the_cluster(rds: Any, network: Network, auto: Any) -> None:
    make_cluster(rds, network, ServerlessV2ScalingConfiguration=None)
    settle(auto)
    with refused("InvalidDBClusterStateFault", "scaling configuration"):
        make_instance(rds, "payments-a")
    make_instance(rds, "payments-a", DBInstanceClass="db.r7g.large")


def test_monitoring_role_must_be_visible_trusted_and_allowed(rds: Any, network: Network, auto: Any) -> None:
    iam = auto.client("iam")
    make_cluster(rds, network)
    settle(auto)
    auto.control("clock", {"auto": False})
    role = iam.create_role(RoleName="monitor", AssumeRolePolicyDocument=trust("monitoring.rds.amazonaws.com"))["Role"]

    def attempt() -> None:
        make_instance(rds, "payments-a", MonitoringInterval=15, MonitoringRoleArn=role["Arn"])

    policy = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
    auto.advance(60)
    with refused("InvalidParameterValue", "ENHANCED_MONITORING"):
        attempt()
    iam.attach_role_policy(RoleName="monitor", PolicyArn=policy)
    attempt()
    young = iam.create_role(RoleName="young", AssumeRolePolicyDocument=trust("monitoring.rds.amazonaws.com"))["Role"]
    iam.attach_role_policy(RoleName="young", PolicyArn=policy)
    with refused("InvalidParameterValue", "ENHANCED_MONITORING"):
        make_instance(rds, "payments-b", MonitoringInterval=15, MonitoringRoleArn=young["Arn"])
    auto.control("clock", {"auto": True})
    with refused("InvalidParameterValue", "ENHANCED_MONITORING"):
        make_instance(rds, "payments-b", MonitoringInterval=15, MonitoringRoleArn=young["Arn"])
    make_instance(rds, "payments-b", MonitoringInterval=15, MonitoringRoleArn=young["Arn"])
    assert instance_trail(rds, "payments-b") == ["creating", "configuring-enhanced-monitoring", "available"]
    assert instance(rds, "payments-b")["MonitoringRoleArn"] == young["Arn"]


def test_instances_hold_subnets_and_groups_and_let_go_late(members: Any, network: Network, auto: Any) -> None:
    ec2 = auto.client("ec2")
    by_group = [{"Name": "group-id", "Values": [network.group]}]
    interfaces = ec2.describe_network_interfaces(Filters=by_group)["NetworkInterfaces"]
    assert [eni["Description"] for eni in interfaces] == ["RDSNetworkInterface"] * 3
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=network.group)
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=network.subnets[0])
    for name in "abc":
        members.delete_db_instance(DBInstanceIdentifier=f"payments-{name}")
    gone(lambda: instance(members, "payments-a")["DBInstanceStatus"], "DBInstanceNotFound")
    assert len(ec2.describe_network_interfaces(Filters=by_group)["NetworkInterfaces"]) == 3
    auto.advance(600)
    assert ec2.describe_network_interfaces(Filters=by_group)["NetworkInterfaces"] == []


def test_instance_changes(members: Any, auto: Any) -> None:
    members.modify_db_instance(DBInstanceIdentifier="payments-a", PromotionTier=5, AutoMinorVersionUpgrade=False)
    assert instance(members, "payments-a")["PromotionTier"] == 5
    assert instance(members, "payments-a")["DBInstanceStatus"] == "available"
    members.modify_db_instance(DBInstanceIdentifier="payments-a", DBInstanceClass="db.r7g.large")
    assert instance(members, "payments-a")["PendingModifiedValues"] == {"DBInstanceClass": "db.r7g.large"}
    members.modify_db_instance(DBInstanceIdentifier="payments-a", ApplyImmediately=True)
    assert instance_trail(members, "payments-a", "modifying") == ["available", "modifying"]
    instance_trail(members, "payments-a")
    assert instance(members, "payments-a")["DBInstanceClass"] == "db.r7g.large"
    for wrong in ({"BackupRetentionPeriod": 3}, {"EngineVersion": "15.12"}, {"DatabaseInsightsMode": "standard"}):
        with refused("InvalidParameterCombination"):
            members.modify_db_instance(DBInstanceIdentifier="payments-a", **wrong)


def test_insights_come_from_the_cluster(members: Any, auto: Any) -> None:
    members.modify_db_cluster(
        DBClusterIdentifier="payments", EnablePerformanceInsights=True, PerformanceInsightsRetentionPeriod=465,
        DatabaseInsightsMode="advanced", ApplyImmediately=True,
    )  # fmt: skip
    settle(auto)
    for name in "abc":
        seen = instance(members, f"payments-{name}")
        assert (seen["PerformanceInsightsEnabled"], seen["DatabaseInsightsMode"]) == (True, "advanced")
