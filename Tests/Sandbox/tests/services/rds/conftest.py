# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from ..conftest import Network
from .words import make_cluster, make_instance, settle


@pytest.fixture
def rds(auto: Any, network: Network) -> Any:
    """A client of an account with a DB subnet group."""
    client = auto.client("rds")
    client.create_db_subnet_group(DBSubnetGroupName="Payments", DBSubnetGroupDescription="d", SubnetIds=network.subnets)
    return client


@pytest.fixture
def members(rds: Any, auto: Any, network: Network) -> Any:
    """A client of an account with an available cluster of three instances a, b and c."""
    make_cluster(rds, network)
    settle(auto)
    for name, zone in (("a", "us-east-1a"), ("b", "us-east-1b"), ("c", "us-east-1c")):
        make_instance(rds, f"payments-{name}", AvailabilityZone=zone, PromotionTier=1 if name == "c" else 0)
    settle(auto)
    return rds


@pytest.fixture
def tuned(rds: Any) -> Any:
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="payments", DBParameterGroupFamily="aurora-postgresql15", Description="d"
    )
    return rds
