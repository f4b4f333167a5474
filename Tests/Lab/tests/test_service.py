# SPDX-License-Identifier: Apache-2.0
"""The sandbox's RDS with real servers behind it: what is called, told and described follows from who writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from harecon_sandbox.sandbox import Sandbox
from harecon_sandbox.server import Server

from harecon_lab.cluster import Cluster
from harecon_lab.installed import wait_for
from harecon_lab.service import Service

ACCOUNT, REGION = "111122223333", "us-east-1"


@dataclass(frozen=True)
class Stage:
    rds: Any
    service: Service
    cluster: Cluster
    before: int = 0

    def described(self) -> dict[str, Any]:
        (found,) = self.rds.describe_db_clusters(DBClusterIdentifier="payments")["DBClusters"]
        return dict(found)

    def writer(self) -> str:
        (name,) = (m["DBInstanceIdentifier"] for m in self.described()["DBClusterMembers"] if m["IsClusterWriter"])
        return str(name)

    def told(self) -> list[str]:
        """The messages of this test's failovers, as `DescribeEvents` has them."""
        found = self.rds.describe_events(SourceIdentifier="payments", SourceType="db-cluster", Duration=1440)["Events"]
        return [event["Message"] for event in found if "failover" in event["EventCategories"]][self.before :]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[tuple[Sandbox, Any]]:
    sandbox = Sandbox()
    server = Server(sandbox.handle)
    server.start()

    def client(service: str) -> Any:
        return boto3.client(
            service, region_name=REGION, endpoint_url=server.endpoint, aws_access_key_id=f"AKIA{ACCOUNT}",
            aws_secret_access_key=f"sandbox-secret-{ACCOUNT}", config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip

    clock = sandbox.accounts[ACCOUNT].clock
    ec2, rds = client("ec2"), client("rds")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    clock.advance(60)
    subnets = []
    for index, zone in enumerate("abc"):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")
        subnets.append(made["Subnet"]["SubnetId"])
    clock.advance(60)
    rds.create_db_subnet_group(DBSubnetGroupName="payments", DBSubnetGroupDescription="d", SubnetIds=subnets)
    rds.create_db_cluster(
        DBClusterIdentifier="payments", Engine="aurora-postgresql", EngineVersion="15.10", MasterUsername="postgres",
        ManageMasterUserPassword=True, DBSubnetGroupName="payments", StorageEncrypted=True,
        ServerlessV2ScalingConfiguration={"MinCapacity": 2, "MaxCapacity": 4},
    )  # fmt: skip
    clock.advance(1800)
    for zone in "abc":
        rds.create_db_instance(
            DBInstanceIdentifier=f"payments-{zone}", DBClusterIdentifier="payments", DBInstanceClass="db.serverless",
            Engine="aurora-postgresql", AvailabilityZone=f"{REGION}{zone}", PromotionTier=0 if zone < "c" else 1,
        )  # fmt: skip
    clock.advance(1800)
    yield sandbox, rds
    server.stop()


@pytest.fixture
def stage(sandbox: tuple[Sandbox, Any], cluster: Cluster) -> Iterator[Stage]:
    service = Service(sandbox[0], ACCOUNT, REGION, "payments", cluster)
    service.attach()
    before = len(Stage(sandbox[1], service, cluster).told())
    yield Stage(sandbox[1], service, cluster, before)
    service.detach()
    assert service.failures == []
    assert sandbox[0].accounts[ACCOUNT].violations == []


def test_members_are_found_where_the_servers_listen(stage: Stage) -> None:
    for name, node in stage.cluster.nodes.items():
        (found,) = stage.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        assert (found["Endpoint"]["Address"], found["Endpoint"]["Port"]) == ("127.0.0.1", node.port)
    described = stage.described()
    assert (described["Endpoint"], described["Port"]) == ("127.0.0.1", stage.cluster.writer.port)
    assert stage.writer() == stage.cluster.writer.name


def test_a_called_failover_promotes_the_target(stage: Stage) -> None:
    old, target = stage.cluster.writer, stage.cluster.standbys[1]
    old.crash()
    called = stage.rds.failover_db_cluster(DBClusterIdentifier="payments", TargetDBInstanceIdentifier=target.name)
    assert called["DBCluster"]["Status"] == "failing-over"
    with pytest.raises(ClientError) as refused:
        stage.rds.failover_db_cluster(DBClusterIdentifier="payments")
    assert refused.value.response["Error"]["Code"] == "InvalidDBClusterStateFault"
    stage.service.await_available()
    assert stage.writer() == stage.cluster.writer.name == target.name
    assert target.column("select pg_is_in_recovery()") == [False]
    # Who lost the role is back as a standby, or it would not be available.
    assert old.column("select pg_is_in_recovery()") == [True]
    assert stage.told() == [
        f"Started cross AZ failover to DB instance: {target.name}",
        f"Completed failover to DB instance: {target.name}",
    ]
    assert [done.by for done in stage.service.done] == ["the caller"]


def test_without_a_target_the_lowest_tier_is_chosen(stage: Stage) -> None:
    stage.rds.failover_db_cluster(DBClusterIdentifier="payments")
    stage.service.await_available()
    assert stage.writer() in ("payments-a", "payments-b")


def test_the_service_acts_alone_once_when_nobody_else_does(stage: Stage) -> None:
    old = stage.cluster.writer
    old.hang()
    stage.service.act_alone(0.0)
    stage.service.act_alone(0.0)
    wait_for(lambda: stage.service.done, "the service to act")
    stage.service.await_available()
    assert stage.writer() != old.name
    assert [done.by for done in stage.service.done] == ["the service"]


def test_the_service_does_not_act_on_a_failure_that_somebody_else_has_ended(stage: Stage) -> None:
    stage.service.act_alone(4.0)
    stage.rds.failover_db_cluster(DBClusterIdentifier="payments")
    stage.service.await_available()
    stage.service.await_own()
    stage.service.await_available()
    assert [done.by for done in stage.service.done] == ["the caller"]


def test_a_slow_service_says_failing_over_until_it_is_done(stage: Stage) -> None:
    old = stage.cluster.writer
    stage.service.delay = 0.5
    stage.rds.failover_db_cluster(DBClusterIdentifier="payments")
    assert (stage.described()["Status"], stage.writer()) == ("failing-over", old.name)
    stage.service.await_available()
    assert stage.writer() != old.name


def test_a_failover_that_would_lose_something_is_told_as_failed(stage: Stage) -> None:
    gone = stage.cluster.standbys[0]
    gone.crash()
    stage.rds.failover_db_cluster(DBClusterIdentifier="payments")
    stage.service.await_available()
    assert stage.told()[-1].startswith("Cluster failover failed")
    assert "what the other one has is not known" in stage.service.failures.pop()
