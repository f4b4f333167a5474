# SPDX-License-Identifier: Apache-2.0
"""Restore tests from their beginning to their result."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from backup_verifier import handler
from restore_world import BEGUN, CLUSTER, HEARTBEAT, LEDGER, PLAN, World, refused

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
            for name in ("RestoreVerified", "RestoreSeconds", "RestoreDataAge", "EvidenceFailures"):
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
        "ModifyDBCluster", "CreateDBInstance", "EnableHttpEndpoint", "PutObject", "PutItem", "DeleteDBInstance",
        "PutRestoreValidationResult",
    ]
    measured = metrics()
    assert measured["RestoreVerified"] == [1]
    assert measured["RestoreDataAge"] == [300]
    # Restored by 3:15; looked at from 3:20 on, every five minutes: prepared, given an instance, asked.
    assert measured["RestoreSeconds"] == [30 * 60]
    assert world.told == []
    assert world.items["restore#job-1"]["expires"] > world.now.timestamp() + 300 * 86_400


def test_the_result_of_a_restore_test_is_kept_as_evidence(world: World) -> None:
    world.run()
    assert world.objects == {
        "restore-tests/2026-11-22/job-1.json": {
            "job": "job-1",
            "cluster": CLUSTER,
            "restore": "COMPLETED",
            "began": "2026-11-22T03:00:00+00:00",
            "ended": "2026-11-22T03:15:00+00:00",
            "backedUp": "2026-11-22T01:00:00+00:00",
            "at": "2026-11-22T03:30:00+00:00",
            "verdict": "SUCCESSFUL",
            "message": "1 checks passed",
            "checks": ["ledger"],
            "dataAge": 300,
            "seconds": 1800,
        }
    }
    assert world.calls.count("PutObject") == 1, "another event or look adds nothing"


def test_the_evidence_of_a_restore_that_failed_says_so(world: World) -> None:
    world.job.update(Status="FAILED", StatusMessage="no such key")
    del world.job["CreatedResourceArn"], world.job["CompletionDate"]
    world.run()
    (kept,) = world.objects.values()
    assert (kept["verdict"], kept["restore"], kept["ended"]) == ("FAILED", "FAILED", None)
    assert "no such key" in kept["message"]


@pytest.mark.parametrize("fault", [refused("AccessDenied"), ReadTimeoutError(endpoint_url="https://s3")])
def test_evidence_that_cannot_be_kept_is_counted_and_makes_no_backup_bad(
    world: World, metrics: Metrics, fault: Exception
) -> None:
    world.faults = [("PutObject", fault)]
    world.run()
    assert world.result == "SUCCESSFUL"
    assert world.objects == {}
    measured = metrics()
    assert (measured["EvidenceFailures"], measured["RestoreVerified"]) == ([1], [1])


def test_a_result_that_was_put_and_not_kept_is_put_again_in_its_place(world: World) -> None:
    world.faults = [("PutItem", refused("InternalServerError"))]
    for _ in range(20):
        with contextlib.suppress(ClientError):
            world.look()
        world.pass_time()
    assert world.result == "SUCCESSFUL"
    assert list(world.objects) == ["restore-tests/2026-11-22/job-1.json"]
    assert world.calls.count("PutObject") == 2


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
