# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import Any

from ..conftest import Network, refused, root_statement, trail, trust
from .words import VERSION, cluster, cluster_trail, instance, make_cluster, settle


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
