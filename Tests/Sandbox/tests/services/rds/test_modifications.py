# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from ..conftest import Network, refused, trail
from .words import SCALING, cluster, cluster_trail, instance, instance_trail, make_cluster, make_instance, settle


def test_modification_is_still_available_then_modifying_then_done(members: Any) -> None:
    answer = members.modify_db_cluster(
        DBClusterIdentifier="payments", ServerlessV2ScalingConfiguration={"MinCapacity": 4.0, "MaxCapacity": 16.0},
        ApplyImmediately=True,
    )["DBCluster"]  # fmt: skip
    assert answer["Status"] == "available"
    assert cluster(members)["ServerlessV2ScalingConfiguration"] == SCALING
    with refused("InvalidDBClusterStateFault"):
        members.modify_db_cluster(DBClusterIdentifier="payments", Port=5433)
    assert cluster_trail(members) == ["modifying", "available"]
    assert cluster(members)["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 4.0, "MaxCapacity": 16.0}
    # max_connections follows the largest capacity and is static.
    statuses = [
        i["DBParameterGroups"][0]["ParameterApplyStatus"] for i in members.describe_db_instances()["DBInstances"]
    ]
    assert statuses == ["pending-reboot"] * 3


def test_without_apply_immediately_a_change_is_pending_until_the_window(members: Any, auto: Any) -> None:
    for _ in range(3):
        members.modify_db_cluster(DBClusterIdentifier="payments", BackupRetentionPeriod=21)
        assert cluster(members)["BackupRetentionPeriod"] == 1
        assert cluster(members)["PendingModifiedValues"] == {"BackupRetentionPeriod": 21}
    members.modify_db_cluster(DBClusterIdentifier="payments", BackupRetentionPeriod=1)
    assert "PendingModifiedValues" not in cluster(members)
    members.modify_db_cluster(
        DBClusterIdentifier="payments", BackupRetentionPeriod=30, EnableIAMDatabaseAuthentication=True
    )
    auto.advance(8 * 24 * 3600)
    cluster(members)
    settle(auto)
    assert cluster(members)["BackupRetentionPeriod"] == 30
    assert cluster(members)["IAMDatabaseAuthenticationEnabled"] is True
    assert "PendingModifiedValues" not in cluster(members)


def test_apply_immediately_takes_earlier_pending_changes_with_it(members: Any) -> None:
    members.modify_db_cluster(DBClusterIdentifier="payments", BackupRetentionPeriod=21)
    members.modify_db_cluster(
        DBClusterIdentifier="payments", EnableIAMDatabaseAuthentication=True, ApplyImmediately=True
    )
    assert cluster(members)["PendingModifiedValues"] == {
        "BackupRetentionPeriod": 21, "IAMDatabaseAuthenticationEnabled": True,
    }  # fmt: skip
    cluster_trail(members, "modifying")
    cluster_trail(members)
    assert cluster(members)["BackupRetentionPeriod"] == 21
    assert "PendingModifiedValues" not in cluster(members)


def test_protection_and_windows_change_at_once(members: Any) -> None:
    answer = members.modify_db_cluster(
        DBClusterIdentifier="payments", DeletionProtection=True, CopyTagsToSnapshot=True,
        PreferredBackupWindow="01:00-02:00", PreferredMaintenanceWindow="MON:03:00-MON:04:00",
    )["DBCluster"]  # fmt: skip
    assert answer["DeletionProtection"] and answer["CopyTagsToSnapshot"]
    assert cluster(members)["PreferredMaintenanceWindow"] == "mon:03:00-mon:04:00"
    assert cluster(members)["Status"] == "available"


def test_security_groups_come_and_go(members: Any, network: Network, auto: Any) -> None:
    ec2 = auto.client("ec2")
    new = ec2.create_security_group(GroupName="new", Description="new", VpcId=network.vpc)["GroupId"]
    answer = members.modify_db_cluster(DBClusterIdentifier="payments", VpcSecurityGroupIds=[new], ApplyImmediately=True)
    statuses = {g["VpcSecurityGroupId"]: g["Status"] for g in answer["DBCluster"]["VpcSecurityGroups"]}
    assert statuses == {network.group: "removing", new: "adding"}
    settle(auto)
    assert cluster(members)["VpcSecurityGroups"] == [{"VpcSecurityGroupId": new, "Status": "active"}]
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [new]}])["NetworkInterfaces"]
    assert len(interfaces) == 3
    ec2.delete_security_group(GroupId=network.group)


def test_log_exports_are_added_and_taken_away(members: Any, auto: Any) -> None:
    def change(**types: list[str]) -> None:
        members.modify_db_cluster(
            DBClusterIdentifier="payments", CloudwatchLogsExportConfiguration=types, ApplyImmediately=True
        )

    change(EnableLogTypes=["postgresql", "instance"])
    assert cluster(members)["PendingModifiedValues"]["PendingCloudwatchLogsExports"]["LogTypesToEnable"] == [
        "postgresql",
        "instance",
    ]
    settle(auto)
    assert cluster(members)["EnabledCloudwatchLogsExports"] == ["instance", "postgresql"]
    change(DisableLogTypes=["instance"])
    settle(auto)
    assert cluster(members)["EnabledCloudwatchLogsExports"] == ["postgresql"]


def test_running_cluster_makes_the_log_groups_that_are_missing(rds: Any, network: Network, auto: Any) -> None:
    logs = auto.client("logs")
    logs.create_log_group(logGroupName="/aws/rds/cluster/payments/postgresql")
    logs.put_retention_policy(logGroupName="/aws/rds/cluster/payments/postgresql", retentionInDays=30)
    make_cluster(rds, network, EnableCloudwatchLogsExports=["postgresql", "instance"])
    settle(auto)
    make_instance(rds, "payments-a")
    settle(auto)
    instance(rds, "payments-a")
    groups = {g["logGroupName"]: g.get("retentionInDays") for g in logs.describe_log_groups()["logGroups"]}
    assert groups == {"/aws/rds/cluster/payments/postgresql": 30, "/aws/rds/cluster/payments/instance": None}


def test_running_cluster_makes_a_deleted_log_group_again(rds: Any, network: Network, auto: Any) -> None:
    logs = auto.client("logs")
    group = "/aws/rds/cluster/payments/postgresql"
    make_cluster(rds, network, EnableCloudwatchLogsExports=["postgresql"])
    settle(auto)
    make_instance(rds, "payments-a")
    settle(auto)

    def groups() -> list[str]:
        return [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]]

    assert groups() == [group]
    logs.delete_log_group(logGroupName=group)
    assert groups() == []
    settle(auto)
    assert groups() == [group]
    rds.delete_db_instance(DBInstanceIdentifier="payments-a")
    rds.delete_db_cluster(DBClusterIdentifier="payments", SkipFinalSnapshot=True)
    logs.delete_log_group(logGroupName=group)
    settle(auto)
    assert groups() == []


def test_engine_upgrade_and_downgrade(members: Any, auto: Any) -> None:
    def upgrade(version: str, **more: Any) -> None:
        members.modify_db_cluster(DBClusterIdentifier="payments", EngineVersion=version, **more)

    with refused("InvalidParameterCombination", "Cannot upgrade"):
        upgrade("15.8")
    with refused("InvalidParameterCombination", "AllowMajorVersionUpgrade"):
        upgrade("16.8")
    upgrade("15.12")
    assert cluster(members)["PendingModifiedValues"] == {"EngineVersion": "15.12"}
    upgrade("15.13", ApplyImmediately=True)
    assert cluster_trail(members, "available") == ["available"]
    assert instance_trail(members, "payments-a") == ["upgrading", "available"]
    settle(auto)
    assert cluster(members)["EngineVersion"] == instance(members, "payments-a")["EngineVersion"] == "15.13"


def test_a_minor_upgrade_by_aws_can_be_played(members: Any, auto: Any) -> None:
    auto.edit("rds", "ModifyDBCluster", DBClusterIdentifier="payments", EngineVersion="15.12", ApplyImmediately=True)
    settle(auto)
    assert cluster(members)["EngineVersion"] == "15.12"
    assert "ModifyDBCluster" not in [call["operation"] for call in auto.calls()]


def test_data_api_is_switched_by_its_own_operations_only(members: Any) -> None:
    arn = cluster(members)["DBClusterArn"]
    members.modify_db_cluster(DBClusterIdentifier="payments", EnableHttpEndpoint=True, ApplyImmediately=True)
    assert cluster(members)["HttpEndpointEnabled"] is False
    assert members.enable_http_endpoint(ResourceArn=arn)["HttpEndpointEnabled"] is True
    assert trail(lambda: str(cluster(members)["HttpEndpointEnabled"]), "True") == ["False", "True"]
    members.disable_http_endpoint(ResourceArn=arn)
    trail(lambda: str(cluster(members)["HttpEndpointEnabled"]), "False")
    with refused("ResourceNotFoundFault"):
        members.enable_http_endpoint(ResourceArn=arn.replace("payments", "other"))
