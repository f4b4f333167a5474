# SPDX-License-Identifier: Apache-2.0
"""Apply and destroy converge although calls fail; nothing is made twice."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import botocore.session
import pytest
from harness import Account, Harecon, until
from test_kill_anywhere import assert_no_duplicate

MIXED = ["throttle", "500", "503", "reset", "lost", "truncated", "close", "notfound"]
SEEDS = range(1, 13) if os.environ.get("SOAK") == "1" else range(1, 3)

MODELS = botocore.session.get_session()

# What the identity of a thing is made of, in the parameters of the call that makes it.
IDENTITY = {
    "CreateAlias": "AliasName", "CreateBackupPlan": "BackupPlan", "CreateBackupSelection": "BackupSelection",
    "CreateBackupVault": "BackupVaultName", "CreateBucket": "Bucket", "CreateDBCluster": "DBClusterIdentifier",
    "CreateDBClusterParameterGroup": "DBClusterParameterGroupName", "CreateDBInstance": "DBInstanceIdentifier",
    "CreateDBParameterGroup": "DBParameterGroupName", "CreateDBSubnetGroup": "DBSubnetGroupName",
    "CreateEventSourceMapping": "FunctionName", "CreateExperimentTemplate": "tags", "CreateFlowLogs": "ResourceIds",
    "CreateFunction": "FunctionName", "CreateFunctionUrlConfig": "FunctionName", "CreateHealthCheck": "HealthCheckConfig",
    "CreateHostedZone": "HostedZoneConfig", "CreateKey": "Tags", "CreateLogGroup": "logGroupName",
    "CreateLogStream": "logStreamName", "CreateQueue": "QueueName", "CreateRestoreTestingPlan": "RestoreTestingPlan",
    "CreateRestoreTestingSelection": "RestoreTestingSelection",
    "CreateRole": "RoleName", "CreateRouteTable": "TagSpecifications", "CreateSchedule": "Name", "CreateScheduleGroup": "Name",
    "CreateSecret": "Name", "CreateSecurityGroup": "GroupName", "CreateSubnet": "CidrBlock", "CreateTable": "TableName",
    "CreateTopic": "Name", "CreateVpc": "TagSpecifications", "CreateVpcEndpoint": "ServiceName",
}  # fmt: skip


def creates(account: Account, since: int = 0) -> Counter[tuple[str, str]]:
    """How often each thing was made, by the calls that had an effect, whatever became of their answers."""
    calls = [c for c in account.calls()[since:] if c["operation"].startswith("Create") and c["effect"]]
    wishes = {(c["operation"], identity(c), token(c) or str(c["n"])) for c in calls}
    return Counter((operation, what) for operation, what, _ in wishes)


def token(call: dict[str, Any]) -> str | None:
    """What makes a repeat the same wish, which AWS answers with what it made the first time: by the service's model, and
    Route 53's references, which its model does not mark."""
    model = MODELS.get_service_model(call["service"]).operation_model(call["operation"])
    members = [*model.idempotent_members, "CallerReference"]
    return next((call["params"][name] for name in members if name in call["params"]), None)


def identity(call: dict[str, Any]) -> str:
    return str(call["params"][IDENTITY[call["operation"]]])


def assert_nothing_made_twice(account: Account, since: int = 0) -> None:
    made = creates(account, since)
    assert len(made) > 15, made
    assert [what for what, times in made.items() if times > 1] == []


def faults(seed: int) -> list[dict[str, Any]]:
    return [
        {"service": "*", "operation": "*", "kind": kind, "probability": 0.2 / len(MIXED), "seed": seed * 100 + i}
        for i, kind in enumerate(MIXED)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fifth_of_all_calls_failing_in_mixed_ways(harecon: Harecon, account: Account, seed: int) -> None:
    account.control("settings", {"eventual": 1})
    account.control("faults", faults(seed))
    for _ in range(6):
        finished = harecon.apply()
        assert finished.code in (0, 1, 6), finished.out + finished.err
        if finished.code == 0:
            break
    else:
        raise AssertionError(f"six runs did not converge\n{finished.out}\n{finished.err}")
    failed = [c for c in account.calls() if c.get("fault")]
    assert len(failed) > 0.1 * len(account.calls()), "the faults must have been felt"
    assert_nothing_made_twice(account)
    account.control("faults", [])
    harecon.must_be_converged()
    assert_no_duplicate(account)

    account.control("faults", faults(seed))
    for _ in range(6):
        if harecon.destroy().code == 0:
            break
    account.control("faults", [])
    harecon.destroy().expect(0)
    owned = [r for r in account.inventory() if r.get("tags", {}).get("harecon:stack") == "payments"]
    assert {r["kind"] for r in owned} <= account.may_be_kept(), owned


def test_what_a_repetition_finds_there_already_is_no_work_of_another_run(harecon: Harecon, account: Account) -> None:
    # With a token the client itself asks again. AWS Backup takes tokens, and says of a name that it is taken.
    operations = ["CreateBackupVault", "CreateRestoreTestingPlan", "CreateRestoreTestingSelection"]
    account.control("faults", [{"service": "backup", "operation": name, "kind": "lost"} for name in operations])
    harecon.apply().expect(0)
    assert {c["operation"] for c in account.calls() if c.get("fault")} == set(operations)
    assert_nothing_made_twice(account)


def test_a_function_that_is_overlooked_by_its_name_is_found_by_its_tags(harecon: Harecon, account: Account) -> None:
    # A destroy that overlooks one waits for the interfaces that it keeps, and does not come to an end.
    harecon.apply().expect(0)
    account.control("faults", [{"service": "lambda", "operation": "GetFunction", "kind": "notfound", "times": 2}])
    harecon.must_be_converged()
    assert [c["operation"] for c in account.calls() if c.get("fault")] == ["GetFunction"] * 2


def test_of_two_applies_at_once_one_does_it_all_and_the_other_says_so(harecon: Harecon, account: Account) -> None:
    # Both have decided from an empty account before either writes.
    account.control("hold", {"n": 1})
    account.control("hold", {"n": 2})
    arguments = ("apply", "-f", str(harecon.spec), "-auto-approve")
    both = [harecon.start(*arguments), harecon.start(*arguments)]
    try:
        until("both to come to their first write", lambda: len(account.control("held")["held"]) == 2, 120)
        first = {(c["service"], c["operation"]) for c in account.control("held")["held"]}
        assert first == {("rds", "CreateDBClusterParameterGroup")}, "a name that only one can have"
    finally:
        account.control("release", {})
    outputs = [process.communicate(timeout=240) for process in both]
    assert {process.returncode for process in both} == {0, 7}, outputs
    (loser,) = [out for process, (out, _) in zip(both, outputs, strict=True) if process.returncode == 7]
    assert "another run is at work" in loser
    assert_nothing_made_twice(account)
    harecon.must_be_converged()
    assert_no_duplicate(account)
