# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Network, gone, refused, root_statement, trail, trust

VERSION = "15.10"
SCALING = {"MinCapacity": 2.0, "MaxCapacity": 32.0}


@pytest.fixture
def rds(auto: Any, network: Network) -> Any:
    """A client of an account with a DB subnet group."""
    client = auto.client("rds")
    client.create_db_subnet_group(DBSubnetGroupName="Payments", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    return client


def make_cluster(rds: Any, network: Network, **more: Any) -> dict[str, Any]:
    given = {
        "DBClusterIdentifier": "payments", "Engine": "aurora-postgresql", "EngineVersion": VERSION,
        "DBSubnetGroupName": "payments", "VpcSecurityGroupIds": [network.group], "MasterUsername": "harecon",
        "ManageMasterUserPassword": True, "ServerlessV2ScalingConfiguration": SCALING, **more,
    }  # fmt: skip
    return rds.create_db_cluster(**{key: value for key, value in given.items() if value is not None})["DBCluster"]


def cluster(rds: Any, name: str = "payments") -> dict[str, Any]:
    return rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]


def instance(rds: Any, name: str) -> dict[str, Any]:
    return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def cluster_trail(rds: Any, last: str = "available") -> list[str]:
    return trail(lambda: cluster(rds)["Status"], last)


def instance_trail(rds: Any, name: str, last: str = "available") -> list[str]:
    return trail(lambda: instance(rds, name)["DBInstanceStatus"], last)


def settle(aws: Any) -> None:
    """Lets everything that is under way come to its end."""
    aws.advance(3600)


def make_instance(rds: Any, name: str, **more: Any) -> dict[str, Any]:
    given = {"DBInstanceIdentifier": name, "DBClusterIdentifier": "payments", "Engine": "aurora-postgresql",
             "DBInstanceClass": "db.serverless", **more}  # fmt: skip
    return rds.create_db_instance(**given)["DBInstance"]


@pytest.fixture
def members(rds: Any, auto: Any, network: Network) -> Any:
    """A client of an account with an available cluster of three instances a, b and c."""
    make_cluster(rds, network)
    settle(auto)
    for name, zone in (("a", "us-east-1a"), ("b", "us-east-1b"), ("c", "us-east-1c")):
        make_instance(rds, f"payments-{name}", AvailabilityZone=zone, PromotionTier=1 if name == "c" else 0)
    settle(auto)
    return rds


# Clusters ----------------------------------------------------------------------------------------------------------


def test_cluster_is_created_with_what_was_asked_for(rds: Any, network: Network, auto: Any) -> None:
    kms = auto.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/harecon/payments", TargetKeyId=key["KeyId"])
    made = make_cluster(
        rds, network, DBClusterIdentifier="Payments", StorageEncrypted=True, KmsKeyId="alias/harecon/payments",
        MasterUserSecretKmsKeyId=key["Arn"], EnableHttpEndpoint=True, EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=["postgresql"], DeletionProtection=True, CopyTagsToSnapshot=True,
        DatabaseName="payments", BackupRetentionPeriod=14, PreferredBackupWindow="02:00-03:00",
        PreferredMaintenanceWindow="Sun:04:00-Sun:05:00",
        EnablePerformanceInsights=True, PerformanceInsightsRetentionPeriod=465, DatabaseInsightsMode="advanced",
        PerformanceInsightsKMSKeyId=key["KeyId"], EngineLifecycleSupport="open-source-rds-extended-support-disabled",
        AutoMinorVersionUpgrade=False, Tags=[{"Key": "harecon:stack", "Value": "payments"}],
    )  # fmt: skip
    assert made["Status"] == "creating"
    assert cluster_trail(rds) == ["creating", "available"]
    seen = cluster(rds)
    expected = {
        "DBClusterIdentifier": "payments", "DBClusterParameterGroup": "default.aurora-postgresql15",
        "DBSubnetGroup": "payments", "EngineVersion": VERSION, "EngineMode": "provisioned", "Port": 5432,
        "StorageEncrypted": True, "KmsKeyId": key["Arn"], "HttpEndpointEnabled": True,
        "IAMDatabaseAuthenticationEnabled": True, "EnabledCloudwatchLogsExports": ["postgresql"],
        "DeletionProtection": True, "CopyTagsToSnapshot": True, "DatabaseName": "payments", "BackupRetentionPeriod": 14,
        "PreferredBackupWindow": "02:00-03:00", "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
        "PerformanceInsightsEnabled": True, "PerformanceInsightsRetentionPeriod": 465,
        "DatabaseInsightsMode": "advanced", "PerformanceInsightsKMSKeyId": key["Arn"], "AutoMinorVersionUpgrade": False,
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "ServerlessV2ScalingConfiguration": SCALING, "DBClusterMembers": [], "MultiAZ": False,
        "TagList": [{"Key": "harecon:stack", "Value": "payments"}],
    }  # fmt: skip
    assert {name: seen.get(name) for name in expected} == expected
    assert "StorageType" not in seen
    assert "PendingModifiedValues" not in seen
    assert seen["VpcSecurityGroups"] == [{"VpcSecurityGroupId": network.group, "Status": "active"}]
    assert seen["Endpoint"].startswith("payments.cluster-c") and seen["Endpoint"].endswith(
        ".us-east-1.rds.amazonaws.com"
    )
    assert seen["ReaderEndpoint"] == seen["Endpoint"].replace(".cluster-", ".cluster-ro-")


def test_managed_secret_is_creating_then_active_with_its_key(rds: Any, network: Network) -> None:
    make_cluster(rds, network)
    assert trail(lambda: cluster(rds)["MasterUserSecret"]["SecretStatus"], "active") == ["creating", "active"]
    secret = cluster(rds)["MasterUserSecret"]
    assert secret["SecretArn"].split(":secret:")[1].startswith("rds!cluster-")
    assert ":key/" in secret["KmsKeyId"]


def test_storage_type_is_shown_only_when_it_is_iopt1(rds: Any, network: Network) -> None:
    make_cluster(rds, network, StorageType="aurora-iopt1")
    make_cluster(rds, network, StorageType="aurora", DBClusterIdentifier="other")
    assert cluster(rds)["StorageType"] == "aurora-iopt1"
    assert "StorageType" not in cluster(rds, "other")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"EngineVersion": "15.999"}, "InvalidParameterCombination"),
        ({"Engine": "aurora-mysql"}, "InvalidParameterValue"),
        ({"DBSubnetGroupName": "none"}, "DBSubnetGroupNotFoundFault"),
        ({"DBClusterParameterGroupName": "none"}, "DBClusterParameterGroupNotFound"),
        ({"DBClusterParameterGroupName": "default.aurora-postgresql16"}, "InvalidParameterCombination"),
        ({"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidParameterValue"),
        ({"KmsKeyId": "alias/none", "StorageEncrypted": True}, "KMSKeyNotAccessibleFault"),
        ({"BackupRetentionPeriod": 36}, "InvalidParameterValue"),
        ({"PreferredBackupWindow": "2:00-3:00"}, "InvalidParameterValue"),
        ({"PreferredBackupWindow": "02:00-02:10"}, "InvalidParameterValue"),
        (
            {"PreferredBackupWindow": "04:30-05:30", "PreferredMaintenanceWindow": "sun:05:00-sun:06:00"},
            "InvalidParameterValue",
        ),
        ({"PreferredMaintenanceWindow": "day:04:00-day:05:00"}, "InvalidParameterValue"),
        ({"MasterUsername": "rdsadmin"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "secret-enough"}, "InvalidParameterCombination"),
        ({"ManageMasterUserPassword": None}, "InvalidParameterValue"),
        ({"ManageMasterUserPassword": None, "MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"ServerlessV2ScalingConfiguration": {"MinCapacity": 2.3, "MaxCapacity": 8.0}}, "InvalidParameterValue"),
        ({"ServerlessV2ScalingConfiguration": {"MinCapacity": 8.0, "MaxCapacity": 2.0}}, "InvalidParameterCombination"),
        ({"ServerlessV2ScalingConfiguration": {"MinCapacity": 1.0, "MaxCapacity": 300.0}}, "InvalidParameterValue"),
        ({"EnableCloudwatchLogsExports": ["audit"]}, "InvalidParameterCombination"),
        ({"DatabaseInsightsMode": "advanced"}, "InvalidParameterCombination"),
        ({"EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 94}, "InvalidParameterValue"),
        ({"MonitoringInterval": 60}, "InvalidParameterCombination"),
        ({"MonitoringInterval": 7}, "InvalidParameterValue"),
        ({"StorageType": "gp3"}, "StorageTypeNotSupported"),
        ({"DBClusterIdentifier": "-bad-"}, "InvalidParameterValue"),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "InvalidParameterValue"),
        ({"Tags": [{"Key": "x", "Value": "a*b"}]}, "InvalidParameterValue"),
    ],
)  # fmt: skip
def test_cluster_refusals(rds: Any, network: Network, change: dict[str, Any], code: str) -> None:
    with refused(code):
        make_cluster(rds, network, **change)
    assert rds.describe_db_clusters()["DBClusters"] == []


def test_a_second_cluster_of_the_name_is_refused_and_changes_nothing(rds: Any, network: Network) -> None:
    make_cluster(rds, network)
    before = cluster(rds)["DbClusterResourceId"]
    with refused("DBClusterAlreadyExistsFault"):
        make_cluster(rds, network, DBClusterIdentifier="PAYMENTS", MasterUsername="other")
    assert cluster(rds)["DbClusterResourceId"] == before


def test_cluster_filters(members: Any) -> None:
    def found(name: str, *values: str) -> list[str]:
        filters = [{"Name": name, "Values": list(values)}]
        return [c["DBClusterIdentifier"] for c in members.describe_db_clusters(Filters=filters)["DBClusters"]]

    seen = cluster(members)
    assert found("db-cluster-id", "payments") == found("db-cluster-id", seen["DBClusterArn"]) == ["payments"]
    assert found("db-cluster-resource-id", seen["DbClusterResourceId"]) == ["payments"]
    assert found("db-cluster-id", "pay*") == []
    with refused("InvalidParameterValue", "unrecognized filter"):
        found("name", "payments")
    by_cluster = [{"Name": "db-cluster-id", "Values": ["payments"]}]
    assert len(members.describe_db_instances(Filters=by_cluster)["DBInstances"]) == 3
    with refused("DBClusterNotFoundFault"):
        cluster(members, "other")


# Modifications -----------------------------------------------------------------------------------------------------


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


# Instances ---------------------------------------------------------------------------------------------------------


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


# Failover, reboot, delete ------------------------------------------------------------------------------------------


def writer(rds: Any) -> str:
    return next(m["DBInstanceIdentifier"] for m in cluster(rds)["DBClusterMembers"] if m["IsClusterWriter"])


def test_failover_moves_the_writer(members: Any, auto: Any) -> None:
    assert writer(members) == "payments-a"
    members.failover_db_cluster(DBClusterIdentifier="payments")
    assert cluster_trail(members) == ["failing-over", "available"]
    assert writer(members) == "payments-b"
    members.failover_db_cluster(DBClusterIdentifier="payments", TargetDBInstanceIdentifier="payments-c")
    with refused("InvalidDBClusterStateFault"):
        members.failover_db_cluster(DBClusterIdentifier="payments")
    settle(auto)
    assert writer(members) == "payments-c"
    with refused("InvalidDBInstanceState"):
        members.failover_db_cluster(DBClusterIdentifier="payments", TargetDBInstanceIdentifier="payments-c")


def test_failover_needs_a_reader(rds: Any, network: Network, auto: Any) -> None:
    make_cluster(rds, network)
    settle(auto)
    make_instance(rds, "payments-a")
    settle(auto)
    with refused("InvalidDBClusterStateFault"):
        rds.failover_db_cluster(DBClusterIdentifier="payments")


def test_deleting_the_writer_promotes_a_reader(members: Any) -> None:
    members.delete_db_instance(DBInstanceIdentifier="payments-a")
    assert writer(members) == "payments-b"


def test_delete_takes_time_and_has_its_order(members: Any, network: Network, auto: Any) -> None:
    members.modify_db_cluster(DBClusterIdentifier="payments", DeletionProtection=True)
    with refused("InvalidParameterCombination", "protect"):
        members.delete_db_cluster(DBClusterIdentifier="payments", SkipFinalSnapshot=True)
    members.modify_db_cluster(DBClusterIdentifier="payments", DeletionProtection=False)
    with refused("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required"):
        members.delete_db_cluster(DBClusterIdentifier="payments")
    with refused("InvalidDBClusterStateFault", "still contains"):
        members.delete_db_cluster(DBClusterIdentifier="payments", SkipFinalSnapshot=True)
    for name in "abc":
        members.delete_db_instance(DBInstanceIdentifier=f"payments-{name}")
    with refused("InvalidDBInstanceState", "already being deleted"):
        members.delete_db_instance(DBInstanceIdentifier="payments-a")
    members.delete_db_cluster(DBClusterIdentifier="payments", FinalDBSnapshotIdentifier="payments-final")
    with refused("InvalidDBClusterStateFault", "already being deleted"):
        members.delete_db_cluster(DBClusterIdentifier="payments", SkipFinalSnapshot=True)
    with refused("InvalidDBSubnetGroupStateFault"):
        members.delete_db_subnet_group(DBSubnetGroupName="payments")
    assert set(gone(lambda: cluster(members)["Status"], "DBClusterNotFoundFault")) == {"deleting"}
    members.delete_db_subnet_group(DBSubnetGroupName="payments")
    (snapshot,) = members.describe_db_cluster_snapshots()["DBClusterSnapshots"]
    assert (snapshot["DBClusterSnapshotIdentifier"], snapshot["DBClusterIdentifier"]) == ("payments-final", "payments")


def test_a_deleted_cluster_can_be_made_again_at_once(rds: Any, network: Network, auto: Any) -> None:
    make_cluster(rds, network)
    settle(auto)
    rds.delete_db_cluster(DBClusterIdentifier="payments", SkipFinalSnapshot=True)
    with refused("DBClusterAlreadyExistsFault"):
        make_cluster(rds, network)
    settle(auto)
    make_cluster(rds, network)


# Groups ------------------------------------------------------------------------------------------------------------


def test_subnet_group_survives_its_modification(rds: Any, network: Network, auto: Any) -> None:
    with refused("DBSubnetGroupAlreadyExists"):
        rds.create_db_subnet_group(
            DBSubnetGroupName="PAYMENTS", DBSubnetGroupDescription="d", SubnetIds=network.subnets
        )
    with refused("DBSubnetGroupDoesNotCoverEnoughAZs"):
        rds.modify_db_subnet_group(DBSubnetGroupName="payments", SubnetIds=network.subnets[:1])
    with refused("InvalidSubnet"):
        rds.modify_db_subnet_group(DBSubnetGroupName="payments", SubnetIds=["subnet-0123456789abcdef0"])
    rds.modify_db_subnet_group(
        DBSubnetGroupName="payments", SubnetIds=network.subnets[:2], DBSubnetGroupDescription="new"
    )
    (group,) = rds.describe_db_subnet_groups(DBSubnetGroupName="payments")["DBSubnetGroups"]
    assert [s["SubnetIdentifier"] for s in group["Subnets"]] == network.subnets[:2]
    assert (group["DBSubnetGroupDescription"], group["SubnetGroupStatus"]) == ("new", "Complete")
    with refused("DependencyViolation"):
        auto.client("ec2").delete_subnet(SubnetId=network.subnets[0])
    with refused("DBSubnetGroupNotFoundFault"):
        rds.modify_db_subnet_group(DBSubnetGroupName="nope", SubnetIds=network.subnets)


def test_subnets_in_use_stay_in_the_group(members: Any, network: Network) -> None:
    with refused("SubnetAlreadyInUse"):
        members.modify_db_subnet_group(DBSubnetGroupName="payments", SubnetIds=network.subnets[1:])


def parameters(rds: Any, group: str, **more: Any) -> dict[str, dict[str, Any]]:
    pages = rds.get_paginator("describe_db_cluster_parameters").paginate(DBClusterParameterGroupName=group, **more)
    return {p["ParameterName"]: p for page in pages for p in page["Parameters"]}


def set_parameters(rds: Any, *entries: tuple[str, str, str]) -> None:
    rds.modify_db_cluster_parameter_group(
        DBClusterParameterGroupName="payments",
        Parameters=[{"ParameterName": n, "ParameterValue": v, "ApplyMethod": m} for n, v, m in entries],
    )


@pytest.fixture
def tuned(rds: Any) -> Any:
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="payments", DBParameterGroupFamily="aurora-postgresql15", Description="d"
    )
    return rds


def test_parameters_have_defaults_types_and_sources(tuned: Any) -> None:
    found = parameters(tuned, "payments")
    assert len(found) > 100
    ssl = found["rds.force_ssl"]
    expected = ("0", "engine-default", "dynamic", "boolean", "0,1", True)
    members = ("ParameterValue", "Source", "ApplyType", "DataType", "AllowedValues", "IsModifiable")
    assert tuple(ssl[member] for member in members) == expected
    assert found["shared_preload_libraries"]["ApplyType"] == "static"
    assert "ParameterValue" not in found["statement_timeout"]
    set_parameters(tuned, ("rds.force_ssl", "1", "immediate"), ("track_commit_timestamp", "1", "pending-reboot"))
    assert set(parameters(tuned, "payments", Source="user")) == {"rds.force_ssl", "track_commit_timestamp"}
    assert parameters(tuned, "payments")["rds.force_ssl"]["ApplyMethod"] == "immediate"
    assert "autovacuum_max_workers" in parameters(tuned, "payments", Source="system")
    tuned.reset_db_cluster_parameter_group(
        DBClusterParameterGroupName="payments",
        Parameters=[{"ParameterName": "rds.force_ssl", "ApplyMethod": "immediate"}],
    )
    assert set(parameters(tuned, "payments", Source="user")) == {"track_commit_timestamp"}
    tuned.reset_db_cluster_parameter_group(DBClusterParameterGroupName="payments", ResetAllParameters=True)
    assert parameters(tuned, "payments", Source="user") == {}


@pytest.mark.parametrize(
    ("entry", "code", "text"),
    [
        (("rds.banana", "1", "immediate"), "InvalidParameterValue", "could not find parameter"),
        (("rds.force_ssl", "2", "immediate"), "InvalidParameterValue", "allowed values are: 0,1"),
        (("idle_session_timeout", "-5", "immediate"), "InvalidParameterValue", "allowed values"),
        (("pgaudit.log", "ddl,banana", "immediate"), "InvalidParameterValue", "allowed values"),
        (("ssl", "0", "pending-reboot"), "InvalidParameterValue", "cannot be modified"),
        (("track_commit_timestamp", "1", "immediate"), "InvalidParameterCombination", "static"),
    ],
)
def test_parameter_refusals(tuned: Any, entry: tuple[str, str, str], code: str, text: str) -> None:
    with refused(code, text):
        set_parameters(tuned, ("log_lock_waits", "1", "immediate"), entry)
    assert parameters(tuned, "payments", Source="user") == {}


def test_twenty_parameters_in_one_call_and_no_more(tuned: Any) -> None:
    names = [
        n
        for n, p in parameters(tuned, "payments").items()
        if p["AllowedValues" if "AllowedValues" in p else "Source"] == "0,1" and p["IsModifiable"]
    ]
    entries = [(name, "1", "pending-reboot") for name in names]
    with refused("InvalidParameterValue", "20"):
        set_parameters(tuned, *entries[:21])
    set_parameters(tuned, *entries[:20])
    assert len(parameters(tuned, "payments", Source="user")) == 20


def test_default_groups_are_there_and_fixed(tuned: Any) -> None:
    names = [
        g["DBClusterParameterGroupName"]
        for g in tuned.describe_db_cluster_parameter_groups()["DBClusterParameterGroups"]
    ]
    assert "default.aurora-postgresql15" in names and "payments" in names
    (group,) = tuned.describe_db_parameter_groups(DBParameterGroupName="default.aurora-postgresql15")[
        "DBParameterGroups"
    ]
    assert group["DBParameterGroupFamily"] == "aurora-postgresql15"
    with refused("InvalidDBParameterGroupState"):
        tuned.delete_db_cluster_parameter_group(DBClusterParameterGroupName="default.aurora-postgresql15")
    with refused("DBParameterGroupNotFound"):
        tuned.describe_db_cluster_parameters(DBClusterParameterGroupName="nope")
    with refused("InvalidParameterValue"):
        tuned.create_db_parameter_group(
            DBParameterGroupName="x", DBParameterGroupFamily="aurora-postgresql99", Description="d"
        )


def statuses(rds: Any) -> dict[str, str]:
    return {m["DBInstanceIdentifier"]: m["DBClusterParameterGroupStatus"] for m in cluster(rds)["DBClusterMembers"]}


def test_static_parameters_wait_for_each_members_reboot(members: Any, tuned: Any, auto: Any) -> None:
    members.modify_db_cluster(DBClusterIdentifier="payments", DBClusterParameterGroupName="payments")
    assert cluster(members)["DBClusterParameterGroup"] == "payments"
    assert set(statuses(members).values()) == {"pending-reboot"}
    for name in "abc":
        members.reboot_db_instance(DBInstanceIdentifier=f"payments-{name}")
    with refused("InvalidDBInstanceState"):
        members.reboot_db_instance(DBInstanceIdentifier="payments-a")
    assert instance_trail(members, "payments-a") == ["rebooting", "available"]
    settle(auto)
    assert set(statuses(members).values()) == {"in-sync"}
    set_parameters(tuned, ("log_lock_waits", "1", "immediate"))
    assert set(statuses(members).values()) == {"in-sync"}
    set_parameters(tuned, ("track_commit_timestamp", "1", "pending-reboot"))
    assert set(statuses(members).values()) == {"pending-reboot"}
    members.reboot_db_instance(DBInstanceIdentifier="payments-b")
    settle(auto)
    assert statuses(members) == {
        "payments-a": "pending-reboot",
        "payments-b": "in-sync",
        "payments-c": "pending-reboot",
    }
    with refused("InvalidDBParameterGroupState"):
        members.delete_db_cluster_parameter_group(DBClusterParameterGroupName="payments")


def test_instance_parameter_group_waits_for_the_reboot(members: Any, auto: Any) -> None:
    members.create_db_parameter_group(
        DBParameterGroupName="inst", DBParameterGroupFamily="aurora-postgresql15", Description="d"
    )
    members.modify_db_instance(DBInstanceIdentifier="payments-a", DBParameterGroupName="inst")
    assert instance(members, "payments-a")["DBParameterGroups"] == [
        {"DBParameterGroupName": "inst", "ParameterApplyStatus": "pending-reboot"}
    ]
    members.reboot_db_instance(DBInstanceIdentifier="payments-a")
    settle(auto)
    assert instance(members, "payments-a")["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"
    with refused("InvalidDBParameterGroupState"):
        members.delete_db_parameter_group(DBParameterGroupName="inst")


# Others ------------------------------------------------------------------------------------------------------------


def test_tags_of_every_kind(members: Any, tuned: Any, auto: Any) -> None:
    arns = [item["arn"] for item in auto.inventory() if item["kind"].startswith("rds/")]
    assert len(arns) == 6
    for arn in arns:
        members.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        members.remove_tags_from_resource(ResourceName=arn, TagKeys=["a", "never"])
        assert members.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "b", "Value": "2"}]
    assert cluster(members)["TagList"] == [{"Key": "b", "Value": "2"}]
    with refused("DBClusterNotFoundFault"):
        members.list_tags_for_resource(ResourceName=cluster(members)["DBClusterArn"] + "x")


def test_versions_and_orderable_classes(rds: Any) -> None:
    (version,) = rds.describe_db_engine_versions(Engine="aurora-postgresql", EngineVersion=VERSION)["DBEngineVersions"]
    assert version["DBParameterGroupFamily"] == "aurora-postgresql15"
    assert "15.12" in [target["EngineVersion"] for target in version["ValidUpgradeTarget"]]
    options = rds.describe_orderable_db_instance_options(
        Engine="aurora-postgresql", EngineVersion=VERSION, DBInstanceClass="db.serverless"
    )["OrderableDBInstanceOptions"]
    assert {option["StorageType"] for option in options} == {"aurora", "aurora-iopt1"}
    assert "us-east-1a" in [zone["Name"] for zone in options[0]["AvailabilityZones"]]
    with refused("InvalidParameterCombination"):
        rds.describe_orderable_db_instance_options(Engine="aurora-postgresql", EngineVersion="15.999")


def test_a_key_that_dies_is_not_taken(rds: Any, network: Network, auto: Any) -> None:
    kms = auto.client("kms")
    key = kms.create_key(Policy=json.dumps({"Statement": [root_statement(auto.account)]}))["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with refused("KMSKeyNotAccessibleFault"):
        make_cluster(rds, network, StorageEncrypted=True, KmsKeyId=key)


def test_stopped_cluster_starts_again(members: Any) -> None:
    members.stop_db_cluster(DBClusterIdentifier="payments")
    assert cluster_trail(members, "stopped") == ["stopping", "stopped"]
    assert instance(members, "payments-a")["DBInstanceStatus"] == "stopped"
    with refused("InvalidDBClusterStateFault"):
        members.modify_db_cluster(DBClusterIdentifier="payments", DeletionProtection=True)
    members.start_db_cluster(DBClusterIdentifier="payments")
    assert cluster_trail(members) == ["starting", "available"]


def test_instance_class_waits_for_the_window(members: Any, auto: Any) -> None:
    members.modify_db_instance(DBInstanceIdentifier="payments-b", DBInstanceClass="db.r7g.large")
    auto.advance(8 * 24 * 3600)
    instance(members, "payments-b")
    settle(auto)
    seen = instance(members, "payments-b")
    assert (seen["DBInstanceClass"], seen["PendingModifiedValues"]) == ("db.r7g.large", {})


def test_events_tell_of_failovers(members: Any, auto: Any) -> None:
    members.failover_db_cluster(DBClusterIdentifier="payments")
    settle(auto)
    cluster(members)
    events = members.describe_events(SourceType="db-cluster", SourceIdentifier="payments", Duration=600)["Events"]
    assert [event["Message"] for event in events] == [
        "DB cluster created.",
        "Started cross AZ failover to DB instance: payments-b",
        "Completed failover to DB instance: payments-b",
    ]
    assert members.describe_events(SourceType="db-cluster", EventCategories=["deletion"], Duration=600)["Events"] == []


def test_endpoints_roles_maintenance_and_quotas(members: Any, auto: Any) -> None:
    endpoints = members.describe_db_cluster_endpoints(DBClusterIdentifier="payments")["DBClusterEndpoints"]
    assert [endpoint["EndpointType"] for endpoint in endpoints] == ["WRITER", "READER"]
    assert endpoints[0]["Endpoint"] == cluster(members)["Endpoint"]
    role = auto.client("iam").create_role(RoleName="export", AssumeRolePolicyDocument=trust("rds.amazonaws.com"))[
        "Role"
    ]["Arn"]
    members.add_role_to_db_cluster(DBClusterIdentifier="payments", RoleArn=role, FeatureName="s3Export")
    with refused("DBClusterRoleAlreadyExists"):
        members.add_role_to_db_cluster(DBClusterIdentifier="payments", RoleArn=role, FeatureName="s3Export")
    assert [r["RoleArn"] for r in cluster(members)["AssociatedRoles"]] == [role]
    members.remove_role_from_db_cluster(DBClusterIdentifier="payments", RoleArn=role)
    assert cluster(members)["AssociatedRoles"] == []
    assert members.describe_pending_maintenance_actions()["PendingMaintenanceActions"] == []
    arn = cluster(members)["DBClusterArn"]
    auto.settings(pending_maintenance={arn: ["system-update"], arn + "x": ["system-update"]})
    (action,) = members.describe_pending_maintenance_actions()["PendingMaintenanceActions"]
    assert (action["ResourceIdentifier"], action["PendingMaintenanceActionDetails"][0]["Action"]) == (
        arn,
        "system-update",
    )
    quotas = {q["AccountQuotaName"]: q["Used"] for q in members.describe_account_attributes()["AccountQuotas"]}
    assert (quotas["DBClusters"], quotas["DBInstances"]) == (1, 3)


def test_managed_secret_is_rotated_given_up_and_taken_back(members: Any, auto: Any) -> None:
    def modify(**given: Any) -> None:
        members.modify_db_cluster(DBClusterIdentifier="payments", **given)

    with refused("InvalidParameterCombination", "ApplyImmediately"):
        modify(RotateMasterUserPassword=True)
    modify(RotateMasterUserPassword=True, ApplyImmediately=True)
    assert trail(lambda: cluster(members)["MasterUserSecret"]["SecretStatus"], "active") == ["rotating", "active"]
    with refused("InvalidParameterCombination"):
        modify(MasterUserPassword="another-secret", ApplyImmediately=True)
    settle(auto)
    modify(ManageMasterUserPassword=False, MasterUserPassword="another-secret", ApplyImmediately=True)
    settle(auto)
    assert "MasterUserSecret" not in cluster(members)
    with refused("InvalidParameterCombination"):
        modify(RotateMasterUserPassword=True, ApplyImmediately=True)
    key = auto.client("kms").create_key()["KeyMetadata"]["Arn"]
    modify(ManageMasterUserPassword=True, MasterUserSecretKmsKeyId=key, ApplyImmediately=True)
    assert cluster(members)["MasterUserSecret"]["KmsKeyId"] == key
    settle(auto)
    other = auto.client("kms").create_key()["KeyMetadata"]["Arn"]
    with refused("InvalidParameterCombination", "cannot be changed"):
        modify(MasterUserSecretKmsKeyId=other, ApplyImmediately=True)


def test_certificate_changes_with_a_restart(members: Any, auto: Any) -> None:
    new = "rds-ca-ecc384-g1"
    members.modify_db_instance(DBInstanceIdentifier="payments-c", CACertificateIdentifier=new)
    assert instance(members, "payments-c")["CACertificateIdentifier"] != new
    assert instance(members, "payments-c")["PendingModifiedValues"] == {"CACertificateIdentifier": new}
    members.modify_db_instance(DBInstanceIdentifier="payments-c", CACertificateIdentifier=new, ApplyImmediately=True)
    settle(auto)
    seen = instance(members, "payments-c")
    assert (seen["CACertificateIdentifier"], seen["CertificateDetails"]["CAIdentifier"]) == (new, new)
    assert seen["PendingModifiedValues"] == {}


def test_port_restarts_every_instance(members: Any, auto: Any) -> None:
    members.modify_db_cluster(DBClusterIdentifier="payments", Port=5433)
    assert trail(lambda: instance(members, "payments-b")["DBInstanceStatus"], "rebooting") == ["available", "rebooting"]
    settle(auto)
    assert cluster(members)["Port"] == instance(members, "payments-b")["Endpoint"]["Port"] == 5433


def test_cluster_gets_another_name(members: Any) -> None:
    members.modify_db_cluster(DBClusterIdentifier="payments", NewDBClusterIdentifier="Ledger", ApplyImmediately=True)
    with refused("DBClusterNotFoundFault"):
        cluster(members)
    seen = cluster(members, "ledger")
    assert seen["Endpoint"].startswith("ledger.cluster-") and seen["DBClusterArn"].endswith(":cluster:ledger")
    assert instance(members, "payments-a")["DBClusterIdentifier"] == "ledger"


def test_snapshots(members: Any, auto: Any) -> None:
    members.add_tags_to_resource(ResourceName=cluster(members)["DBClusterArn"], Tags=[{"Key": "a", "Value": "1"}])
    members.modify_db_cluster(DBClusterIdentifier="payments", CopyTagsToSnapshot=True)
    members.create_db_cluster_snapshot(DBClusterIdentifier="payments", DBClusterSnapshotIdentifier="Before")

    def read() -> dict[str, Any]:
        return members.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="before")["DBClusterSnapshots"][0]

    with refused("InvalidDBClusterSnapshotStateFault"):
        members.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="before")
    assert trail(lambda: read()["Status"], "available") == ["creating", "available"]
    assert (read()["TagList"], read()["EngineVersion"], read()["PercentProgress"]) == (
        [{"Key": "a", "Value": "1"}],
        VERSION,
        100,
    )
    with refused("DBClusterSnapshotAlreadyExistsFault"):
        members.create_db_cluster_snapshot(DBClusterIdentifier="payments", DBClusterSnapshotIdentifier="before")
    members.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier="before")
    with refused("DBClusterSnapshotNotFoundFault"):
        read()


def test_parameters_come_in_small_pages(tuned: Any, auto: Any) -> None:
    whole = parameters(tuned, "payments")
    auto.settings(page=40)
    assert parameters(tuned, "payments") == whole
    with refused("InvalidParameterValue"):
        tuned.describe_db_cluster_parameters(DBClusterParameterGroupName="payments", MaxRecords=10)
