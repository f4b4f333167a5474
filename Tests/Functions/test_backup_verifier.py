# SPDX-License-Identifier: Apache-2.0
"""Restore tests from their beginning to their result, in an AWS of a few lines whose works take their time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_double import FakeLogs
from backup_verifier import handler
from backup_verifier.handler import Verifier
from backup_verifier.restores import Restores
from service_models import check_request
from shared.check import Check

BEGUN = datetime(2026, 11, 22, 3, tzinfo=UTC)
PLAN = (
    "arn:aws:backup:us-east-1:111122223333:restore-testing-plan:"
    "harecon_payments-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
)
CLUSTER = "arn:aws:rds:us-east-1:111122223333:cluster:awsbackup-restore-test-1"
LEDGER = Check("ledger", "select count(*) > 0 from harecon_ledger", "true")
HEARTBEAT = "select extract(epoch from max(at))::float8 as newest from harecon_heartbeat"


def refused(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "SomeOperation")


class ClusterNotFound(ClientError):
    pass


class InstanceNotFound(ClientError):
    pass


class Exceptions:
    DBClusterNotFoundFault = ClusterNotFound
    DBInstanceNotFoundFault = InstanceNotFound


class World:
    """RDS, AWS Backup, the database and the table, seen from one restore test."""

    exceptions = Exceptions

    def __init__(self) -> None:
        self.now = BEGUN + timedelta(minutes=20)
        self.job: dict[str, Any] = {
            "RestoreJobId": "job-1", "Status": "COMPLETED", "CreationDate": BEGUN,
            "CompletionDate": BEGUN + timedelta(minutes=15), "RecoveryPointCreationDate": BEGUN - timedelta(hours=2),
            "CreatedResourceArn": CLUSTER, "CreatedBy": {"RestoreTestingPlanArn": PLAN},
        }
        self.others: list[dict[str, Any]] = []
        self.cluster: dict[str, Any] | None = {"DBClusterArn": CLUSTER, "Status": "available"}
        self.instance: dict[str, Any] | None = None
        self.items: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Any] = {LEDGER.sql: True, HEARTBEAT: BEGUN.timestamp() - 300}
        self.told: list[tuple[str, str]] = []
        self.logs = FakeLogs()
        self.calls: list[str] = []
        # Met before the call of that name.
        self.faults: list[tuple[str, Exception]] = []

    def verifier(self) -> Verifier:
        return Verifier(
            restores=Restores(self, self, "payments", "harecon_payments", "payments-instance-pg15"),
            decisions=self,  # type: ignore[arg-type]
            audit=self.logs.audit("backup-verifier"),
            database=lambda copy: self,  # type: ignore[arg-type, return-value]
            checks=(LEDGER,),
            within=4 * 3600.0,
            tell=lambda subject, message: self.told.append((subject, message)),
            now=lambda: self.now,
        )

    def look(self) -> None:
        """One call of the function."""
        verifier = self.verifier()
        for job in verifier.restores.jobs(self.now):
            verifier.look(job)

    def pass_time(self, minutes: float = 5) -> None:
        """What AWS has begun it has finished by then."""
        self.now += timedelta(minutes=minutes)
        if self.cluster:
            self.cluster["Status"] = "available"
            if secret := self.cluster.get("MasterUserSecret"):
                secret["SecretStatus"] = "active"
        if self.instance:
            gone = self.instance["DBInstanceStatus"] == "deleting"
            self.instance = None if gone else {"DBInstanceStatus": "available"}

    def run(self, looks: int = 20) -> None:
        for _ in range(looks):
            self.look()
            self.pass_time()

    @property
    def result(self) -> str | None:
        return self.job.get("ValidationStatus")

    def _meet(self, operation: str, service: str = "", **params: Any) -> None:
        self.calls.append(operation)
        if service:
            check_request(service, operation, params)
        if self.faults and self.faults[0][0] == operation:
            raise self.faults.pop(0)[1]

    # AWS Backup

    def get_paginator(self, name: str) -> World:
        assert name == "list_restore_jobs"
        return self

    def paginate(self, **params: Any) -> Iterator[dict[str, Any]]:
        self._meet("ListRestoreJobs", "backup", **params)
        yield {"RestoreJobs": self.others}
        yield {"RestoreJobs": [dict(self.job)]}

    def put_restore_validation_result(self, **params: Any) -> None:
        self._meet("PutRestoreValidationResult", "backup", **params)
        assert self.instance is None, "AWS Backup may not be able to delete a cluster with an instance"
        assert self.result is None
        self.job["ValidationStatus"] = params["ValidationStatus"]
        self.job["ValidationStatusMessage"] = params["ValidationStatusMessage"]
        self.cluster = None

    # RDS

    def describe_db_clusters(self, **params: Any) -> dict[str, Any]:
        self._meet("DescribeDBClusters", "rds", **params)
        if self.cluster is None:
            raise ClusterNotFound({"Error": {"Code": "DBClusterNotFoundFault"}}, "DescribeDBClusters")
        return {"DBClusters": [self.cluster]}

    def describe_db_instances(self, **params: Any) -> dict[str, Any]:
        self._meet("DescribeDBInstances", "rds", **params)
        if self.instance is None:
            raise InstanceNotFound({"Error": {"Code": "DBInstanceNotFound"}}, "DescribeDBInstances")
        return {"DBInstances": [self.instance]}

    def modify_db_cluster(self, **params: Any) -> None:
        self._meet("ModifyDBCluster", "rds", **params)
        cluster = self._available_cluster()
        if "ServerlessV2ScalingConfiguration" in params:
            cluster["ServerlessV2ScalingConfiguration"] = params["ServerlessV2ScalingConfiguration"]
        if params.get("ManageMasterUserPassword"):
            assert "MasterUserSecret" not in cluster
            cluster["MasterUserSecret"] = {"SecretArn": "secret", "SecretStatus": "creating"}
        cluster["Status"] = "modifying"

    def create_db_instance(self, **params: Any) -> None:
        self._meet("CreateDBInstance", "rds", **params)
        assert "ServerlessV2ScalingConfiguration" in self._available_cluster()
        assert self.instance is None
        self.instance = {"DBInstanceStatus": "creating"}

    def enable_http_endpoint(self, **params: Any) -> None:
        self._meet("EnableHttpEndpoint", "rds", **params)
        self._available_cluster()["HttpEndpointEnabled"] = True

    def delete_db_instance(self, **params: Any) -> None:
        self._meet("DeleteDBInstance", "rds", **params)
        assert self.instance is not None and params["SkipFinalSnapshot"]
        self.instance = {"DBInstanceStatus": "deleting"}

    def _available_cluster(self) -> dict[str, Any]:
        if self.cluster is None or self.cluster["Status"] != "available":
            raise refused("InvalidDBClusterStateFault")
        return self.cluster

    # The table

    def read(self, key: str) -> dict[str, Any] | None:
        self._meet("GetItem")
        return self.items.get(key)

    def put(self, item: dict[str, Any], condition: str) -> bool:
        self._meet("PutItem")
        assert condition == "attribute_not_exists(#id)"
        return self.items.setdefault(item["id"], item) is item

    # The database

    def query(self, sql: str) -> list[dict[str, Any]]:
        self._meet("ExecuteStatement")
        assert self.instance == {"DBInstanceStatus": "available"}
        answer = self.answers[sql]
        if isinstance(answer, Exception):
            raise answer
        return [{"newest" if sql == HEARTBEAT else "ok": answer}]


Metrics = Callable[[], dict[str, list[float]]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("METRICS_NAMESPACE", "harecon/payments")
    return World()


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Metrics:
    """All values that were measured since it was last asked."""

    def read() -> dict[str, list[float]]:
        values: dict[str, list[float]] = {}
        for line in map(json.loads, capsys.readouterr().out.splitlines()):
            for name in ("RestoreVerified", "RestoreSeconds", "RestoreDataAge"):
                if name in line:
                    values.setdefault(name, []).append(line[name])
        return values

    return read


def test_a_restored_backup_is_proven_and_leaves_nothing(world: World, metrics: Metrics) -> None:
    world.run()
    assert world.result == "SUCCESSFUL"
    assert world.instance is None
    changes = [call for call in world.calls if not call.startswith(("Describe", "List", "GetItem", "Execute"))]
    assert changes == [
        "ModifyDBCluster", "CreateDBInstance", "EnableHttpEndpoint", "PutItem", "DeleteDBInstance",
        "PutRestoreValidationResult",
    ]
    measured = metrics()
    assert measured["RestoreVerified"] == [1]
    assert measured["RestoreDataAge"] == [300]
    # Restored by 3:15; looked at from 3:20 on, every five minutes: prepared, given an instance, asked.
    assert measured["RestoreSeconds"] == [30 * 60]
    assert world.told == []
    assert world.items["restore#job-1"]["expires"] > world.now.timestamp() + 300 * 86_400


def test_an_answer_that_is_not_as_expected_fails_the_backup(world: World, metrics: Metrics) -> None:
    world.answers[LEDGER.sql] = False
    world.run()
    assert world.result == "FAILED"
    assert world.job["ValidationStatusMessage"] == '"ledger" answered "false", not "true"'
    assert metrics()["RestoreVerified"] == [0]
    ((subject, message),) = world.told
    assert subject == "restore test failed"
    assert "job-1" in message and "ledger" in message


def test_a_statement_that_is_refused_fails_the_backup(world: World) -> None:
    world.answers[LEDGER.sql] = refused("DatabaseErrorException", "ERROR: relation does not exist; SQLState: 42P01")
    world.run()
    assert world.result == "FAILED"
    assert world.job["ValidationStatusMessage"] == '"ledger" was refused: 42P01'


def test_a_database_that_cannot_be_asked_yet_is_asked_again(world: World) -> None:
    world.faults = [
        ("ExecuteStatement", refused("DatabaseUnavailableException")),
        ("ExecuteStatement", ReadTimeoutError(endpoint_url="https://rds-data")),
        ("ExecuteStatement", refused("InvalidSecretException")),
    ]
    world.run()
    assert world.result == "SUCCESSFUL"


def test_a_database_that_can_never_be_asked_times_out(world: World, metrics: Metrics) -> None:
    world.answers[LEDGER.sql] = refused("DatabaseUnavailableException")
    world.run(looks=60)
    assert world.result == "TIMED_OUT"
    assert world.instance is None
    assert metrics() == {"RestoreVerified": [0]}


@pytest.mark.parametrize("answer", [None, refused("DatabaseErrorException", "ERROR: ...; SQLState: 42P01")])
def test_without_heartbeats_the_data_is_as_old_as_the_backup(world: World, metrics: Metrics, answer: Any) -> None:
    world.answers[HEARTBEAT] = answer
    world.run()
    assert world.result == "SUCCESSFUL"
    assert metrics()["RestoreDataAge"] == [2 * 3600]


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_restore_that_failed_is_told_of_once_and_has_no_result(world: World, metrics: Metrics, status: str) -> None:
    world.job.update(Status=status, StatusMessage="no such key")
    del world.job["CreatedResourceArn"], world.job["CompletionDate"]
    world.run()
    assert metrics() == {"RestoreVerified": [0]}
    assert [message for _, message in world.told] == [f"job-1: the restore ended as {status}: no such key"]
    assert "PutRestoreValidationResult" not in world.calls


def test_a_cluster_that_is_gone_before_it_was_asked_is_a_failure(world: World) -> None:
    world.cluster = None
    world.run()
    assert world.result == "FAILED"
    assert world.job["ValidationStatusMessage"] == "the restored cluster is gone"


def test_restores_of_others_are_left_alone(world: World) -> None:
    others = [
        {}, {"RestoreTestingPlanArn": PLAN.replace("harecon_payments", "harecon_payments_eu")},
        {"RestoreTestingPlanArn": PLAN.replace("harecon_payments", "my_harecon_payments")},
    ]
    world.others = [{**world.job, "RestoreJobId": str(index), "CreatedBy": by} for index, by in enumerate(others)]
    assert [job.id for job in world.verifier().restores.jobs(world.now)] == ["job-1"]


def test_what_aws_is_busy_with_is_not_a_failure(world: World) -> None:
    world.faults = [
        ("ModifyDBCluster", refused("InvalidDBClusterStateFault")),
        ("CreateDBInstance", refused("DBInstanceAlreadyExists")),
        ("DeleteDBInstance", refused("InvalidDBInstanceState")),
    ]
    world.run()
    assert world.result == "SUCCESSFUL"


def test_one_test_that_cannot_be_seen_to_does_not_keep_others_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.others = [{**world.job, "RestoreJobId": "job-0", "CreationDate": BEGUN - timedelta(hours=1)}]
    world.faults = [("DescribeDBClusters", refused("AccessDenied"))]
    monkeypatch.setattr(handler, "_configured", world.verifier)
    with pytest.raises(ExceptionGroup):
        handler.handle({}, None)
    assert "ModifyDBCluster" in world.calls
    assert {"what": "step", "job": world.job["RestoreJobId"], "step": "prepare"} in world.logs.lines("backup-verifier")


OPERATIONS = (
    "DescribeDBClusters", "DescribeDBInstances", "ModifyDBCluster", "CreateDBInstance", "EnableHttpEndpoint", "GetItem",
    "PutItem", "ExecuteStatement", "DeleteDBInstance", "PutRestoreValidationResult", "ListRestoreJobs",
)


@settings(max_examples=60, deadline=None)
@given(
    faults=st.lists(st.sampled_from(OPERATIONS), max_size=8),
    pauses=st.lists(st.sampled_from([0.0, 1.0, 5.0]), min_size=40, max_size=40),
)
def test_wherever_it_is_broken_off_it_ends_well(faults: list[str], pauses: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METRICS_NAMESPACE", "harecon/payments")
        world = World()
        world.faults = [(operation, refused("ServiceUnavailable")) for operation in faults]
        for pause in pauses:
            try:
                world.look()
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ServiceUnavailable"
            world.pass_time(pause)
        # A fault that was never met stands before the others.
        world.faults = []
        world.run()
    assert world.result == "SUCCESSFUL"
    assert world.instance is None
    assert world.calls.count("CreateDBInstance") <= 1 + faults.count("CreateDBInstance")
