# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Network, refused, trail
from .words import SCALING, VERSION, cluster, cluster_trail, make_cluster


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
