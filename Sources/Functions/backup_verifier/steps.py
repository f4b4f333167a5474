# SPDX-License-Identifier: Apache-2.0
"""What is to be done next about one restore test: decided from what there is, and from nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

AVAILABLE = "available"
# An instance in one of these will not become available.
_BROKEN = ("failed", "incompatible-", "restore-error", "inaccessible-encryption-credentials")


class Verdict(Enum):
    """As AWS Backup takes it."""

    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"


class Step(Enum):
    # For AWS to finish something.
    WAIT = "wait"
    # Gives the restored cluster a capacity, and its master user a secret: neither comes with a backup.
    PREPARE = "prepare"
    # AWS Backup restores a cluster without one, which cannot be asked anything.
    ADD_INSTANCE = "add instance"
    # The Data API is off in what is restored.
    OPEN = "open"
    CHECK = "check"
    # Without checks: there is nothing that could be asked.
    FAIL = "fail"
    GIVE_UP = "give up"
    # Before the result is told, upon which AWS Backup deletes the cluster: one with an instance it may not be able to.
    REMOVE_INSTANCE = "remove instance"
    REPORT = "report"
    DONE = "done"


@dataclass(frozen=True)
class Job:
    """A restore job of the stack's restore testing plan, as AWS Backup tells of it."""

    id: str
    status: str
    # Of the cluster that was made; None before there is one.
    cluster: str | None
    created: datetime
    completed: datetime | None = None
    # When the backup was made.
    backed_up: datetime | None = None
    # What was reported of it, None before.
    result: str | None = None
    message: str = ""

    def instance(self, stack: str) -> str:
        """The name of the instance that this job's cluster is given: always the same."""
        return f"{stack}-verify-{hashlib.sha256(self.id.encode()).hexdigest()[:10]}"

    @property
    def is_over(self) -> bool:
        return self.result in {verdict.value for verdict in Verdict}


@dataclass(frozen=True)
class Copy:
    """The restored cluster. Each status is RDS's own word, in lower case."""

    arn: str
    status: str
    has_capacity: bool = False
    # Of the master user's secret, and its status; empty without one.
    secret: str = ""
    secret_status: str = ""
    is_open: bool = False
    # None without an instance.
    instance_status: str | None = None


def next_step(job: Job, copy: Copy | None, verdict: Verdict | None, now: datetime, within: float) -> Step:
    """- Parameter within: seconds from the end of the restore in which the checks have to be done."""
    if job.status in ("FAILED", "ABORTED"):
        return Step.FAIL if verdict is None else Step.DONE
    if job.status != "COMPLETED":
        return Step.WAIT
    if verdict is not None or job.is_over:
        return _ending(job, copy)
    if copy is None:
        return Step.FAIL
    if (now - (job.completed or job.created)).total_seconds() > within:
        return Step.GIVE_UP
    return _opening(copy)


def _opening(copy: Copy) -> Step:
    if copy.instance_status is not None and copy.instance_status.startswith(_BROKEN):
        return Step.FAIL
    if copy.status != AVAILABLE:
        return Step.WAIT
    if not copy.secret or not copy.has_capacity:
        return Step.PREPARE
    if copy.instance_status is None:
        return Step.ADD_INSTANCE
    if copy.instance_status != AVAILABLE or copy.secret_status != "active":
        return Step.WAIT
    return Step.CHECK if copy.is_open else Step.OPEN


def _ending(job: Job, copy: Copy | None) -> Step:
    if copy is not None and copy.instance_status is not None:
        return Step.WAIT if copy.instance_status == "deleting" else Step.REMOVE_INSTANCE
    return Step.DONE if job.is_over else Step.REPORT
