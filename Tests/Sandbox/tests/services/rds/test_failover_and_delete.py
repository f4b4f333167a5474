# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from ..conftest import Network, gone, refused
from .words import cluster, cluster_trail, make_cluster, make_instance, settle, writer


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
