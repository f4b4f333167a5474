# SPDX-License-Identifier: Apache-2.0
"""Words for the tests of RDS: a cluster, its instances and where they stand."""

from __future__ import annotations

from typing import Any

from ..conftest import Network, trail

VERSION = "15.10"
SCALING = {"MinCapacity": 2.0, "MaxCapacity": 32.0}


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


def writer(rds: Any) -> str:
    return next(m["DBInstanceIdentifier"] for m in cluster(rds)["DBClusterMembers"] if m["IsClusterWriter"])
