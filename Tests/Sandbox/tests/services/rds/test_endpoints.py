# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from ..conftest import gone, refused, trail
from .words import settle


def make(rds: Any, name: str = "Reports", **more: Any) -> dict[str, Any]:
    given = {"EndpointType": "READER", **more}
    return rds.create_db_cluster_endpoint(
        DBClusterIdentifier="payments", DBClusterEndpointIdentifier=name, **given
    )


def endpoint(rds: Any, name: str = "reports") -> dict[str, Any]:
    return rds.describe_db_cluster_endpoints(DBClusterEndpointIdentifier=name)["DBClusterEndpoints"][0]


def test_custom_endpoint_comes_and_goes(members: Any) -> None:
    made = make(members, StaticMembers=["payments-a"], Tags=[{"Key": "a", "Value": "1"}])
    assert (made["DBClusterEndpointIdentifier"], made["Status"]) == ("reports", "creating")
    assert trail(lambda: endpoint(members)["Status"], "available") == ["creating", "available"]
    assert endpoint(members)["Endpoint"].startswith("reports.cluster-custom-")
    assert members.list_tags_for_resource(ResourceName=made["DBClusterEndpointArn"])["TagList"] == [
        {"Key": "a", "Value": "1"}
    ]
    everything = members.describe_db_cluster_endpoints(DBClusterIdentifier="payments")["DBClusterEndpoints"]
    assert sorted(e["EndpointType"] for e in everything) == ["CUSTOM", "READER", "WRITER"]
    assert members.delete_db_cluster_endpoint(DBClusterEndpointIdentifier="reports")["Status"] == "deleting"
    gone(lambda: endpoint(members)["Status"], "DBClusterEndpointNotFoundFault")


def test_members_are_named_or_excluded(members: Any, auto: Any) -> None:
    with refused("InvalidParameterCombination"):
        make(members, StaticMembers=["payments-a"], ExcludedMembers=["payments-b"])
    with refused("DBInstanceNotFound"):
        make(members, StaticMembers=["other"])
    make(members, StaticMembers=["payments-a"])
    with refused("InvalidDBClusterEndpointStateFault"):
        members.modify_db_cluster_endpoint(DBClusterEndpointIdentifier="reports", EndpointType="ANY")
    settle(auto)
    with refused("InvalidParameterCombination"):
        members.modify_db_cluster_endpoint(DBClusterEndpointIdentifier="reports", ExcludedMembers=["payments-b"])
    members.modify_db_cluster_endpoint(
        DBClusterEndpointIdentifier="reports", StaticMembers=[], ExcludedMembers=["payments-b"]
    )
    assert trail(lambda: endpoint(members)["Status"], "available") == ["modifying", "available"]
    assert (endpoint(members)["StaticMembers"], endpoint(members)["ExcludedMembers"]) == ([], ["payments-b"])


@pytest.mark.parametrize("kind", ["WRITER", "reader"])
def test_types_are_reader_and_any(members: Any, kind: str) -> None:
    with refused("InvalidParameterValue"):
        make(members, EndpointType=kind)


def test_name_is_unique_and_five_are_the_most(members: Any) -> None:
    make(members)
    with refused("DBClusterEndpointAlreadyExistsFault"):
        make(members, "reports")
    for number in range(4):
        make(members, f"more-{number}")
    with refused("DBClusterEndpointQuotaExceededFault"):
        make(members, "one-too-many")
