# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup_verifier.steps import Copy, Job, Step, Verdict, next_step

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WITHIN = 4 * 3600.0
JOB = Job("job-1", "COMPLETED", "arn:aws:rds:us-east-1:111122223333:cluster:awsbackup-restore-test-1", NOW, NOW)
READY = Copy("arn", "available", True, "secret", "active", True, "available")


def step(job: Job = JOB, copy: Copy | None = READY, verdict: Verdict | None = None, later: float = 60) -> Step:
    return next_step(job, copy, verdict, NOW + timedelta(seconds=later), WITHIN)


@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        (READY, Step.CHECK),
        (replace(READY, is_open=False), Step.OPEN),
        (replace(READY, secret_status="creating"), Step.WAIT),
        (replace(READY, secret_status="creating", is_open=False), Step.WAIT),
        (replace(READY, instance_status="creating"), Step.WAIT),
        (replace(READY, instance_status=None), Step.ADD_INSTANCE),
        (replace(READY, instance_status=None, secret_status="creating"), Step.ADD_INSTANCE),
        (replace(READY, instance_status=None, secret=""), Step.PREPARE),
        (replace(READY, instance_status=None, has_capacity=False), Step.PREPARE),
        (replace(READY, status="modifying"), Step.WAIT),
        (replace(READY, status="creating", instance_status=None, secret=""), Step.WAIT),
        (replace(READY, instance_status="failed"), Step.FAIL),
        (replace(READY, instance_status="incompatible-parameters"), Step.FAIL),
        (None, Step.FAIL),
    ],
)
def test_a_restored_cluster_is_opened_step_by_step(copy: Copy | None, expected: Step) -> None:
    assert step(copy=copy) is expected


@pytest.mark.parametrize(
    ("status", "verdict", "expected"),
    [
        ("PENDING", None, Step.WAIT), ("RUNNING", None, Step.WAIT), ("FAILED", None, Step.FAIL),
        ("ABORTED", None, Step.FAIL), ("FAILED", Verdict.FAILED, Step.DONE), ("ABORTED", Verdict.FAILED, Step.DONE),
    ],
)
def test_a_restore_that_made_nothing_is_failed_once(status: str, verdict: Verdict | None, expected: Step) -> None:
    assert step(replace(JOB, status=status, cluster=None), None, verdict) is expected


def test_a_restore_that_cannot_be_asked_in_time_is_given_up() -> None:
    waiting = replace(READY, instance_status="creating")
    assert step(copy=waiting, later=WITHIN) is Step.WAIT
    assert step(copy=waiting, later=WITHIN + 1) is Step.GIVE_UP
    assert step(copy=READY, later=WITHIN + 1) is Step.GIVE_UP


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_instance_goes_before_the_result_is_told(verdict: Verdict) -> None:
    assert step(verdict=verdict) is Step.REMOVE_INSTANCE
    assert step(copy=replace(READY, instance_status="deleting"), verdict=verdict) is Step.WAIT
    assert step(copy=replace(READY, instance_status=None), verdict=verdict) is Step.REPORT
    assert step(copy=None, verdict=verdict) is Step.REPORT
    told = replace(JOB, result=verdict.value)
    assert step(told, replace(READY, instance_status=None), verdict) is Step.DONE
    assert step(told, None, None) is Step.DONE


def test_an_instance_that_is_left_over_is_removed_whoever_told_the_result() -> None:
    assert step(replace(JOB, result="TIMED_OUT"), READY, None) is Step.REMOVE_INSTANCE


def test_what_is_being_validated_is_not_over() -> None:
    assert step(replace(JOB, result="VALIDATING")) is Step.CHECK


def test_a_job_gives_its_instance_one_name_that_rds_takes() -> None:
    name = JOB.instance("payments")
    assert name == JOB.instance("payments") != replace(JOB, id="job-2").instance("payments")
    assert name.startswith("payments-verify-")
    assert len(name) <= 63


JOBS = st.builds(
    Job,
    id=st.just("job-1"),
    status=st.sampled_from(["PENDING", "RUNNING", "COMPLETED", "ABORTED", "FAILED"]),
    cluster=st.sampled_from([None, JOB.cluster]),
    created=st.just(NOW),
    completed=st.sampled_from([None, NOW]),
    result=st.sampled_from([None, "VALIDATING", "SUCCESSFUL", "FAILED", "TIMED_OUT"]),
)
COPIES = st.none() | st.builds(
    Copy,
    arn=st.just("arn"),
    status=st.sampled_from(["creating", "available", "modifying", "deleting"]),
    has_capacity=st.booleans(),
    secret=st.sampled_from(["", "secret"]),
    secret_status=st.sampled_from(["", "creating", "active", "rotating", "impaired"]),
    is_open=st.booleans(),
    instance_status=st.sampled_from([None, "creating", "available", "deleting", "failed", "incompatible-network"]),
)


@given(job=JOBS, copy=COPIES, verdict=st.none() | st.sampled_from(Verdict), later=st.floats(0, 10 * WITHIN))
def test_whatever_there_is_no_step_does_harm(
    job: Job, copy: Copy | None, verdict: Verdict | None, later: float
) -> None:
    taken = step(job, copy, verdict, later)
    if taken in (Step.CHECK, Step.OPEN, Step.ADD_INSTANCE, Step.PREPARE, Step.FAIL, Step.GIVE_UP):
        assert verdict is None, "nothing is judged twice"
        assert not job.is_over or job.status in ("FAILED", "ABORTED")
    if taken is Step.REPORT:
        assert verdict is not None and not job.is_over
        assert copy is None or copy.instance_status is None
    if taken is Step.CHECK:
        assert copy is not None and copy.instance_status == "available" and copy.is_open
    if taken is Step.ADD_INSTANCE:
        assert copy is not None and copy.instance_status is None and copy.has_capacity
    if taken is Step.REMOVE_INSTANCE:
        assert copy is not None and copy.instance_status not in (None, "deleting")
