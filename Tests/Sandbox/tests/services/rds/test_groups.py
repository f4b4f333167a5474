# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Network, refused
from .words import cluster, instance, instance_trail, settle


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


def test_parameters_come_in_small_pages(tuned: Any, auto: Any) -> None:
    whole = parameters(tuned, "payments")
    auto.settings(page=40)
    assert parameters(tuned, "payments") == whole
    with refused("InvalidParameterValue"):
        tuned.describe_db_cluster_parameters(DBClusterParameterGroupName="payments", MaxRecords=10)
