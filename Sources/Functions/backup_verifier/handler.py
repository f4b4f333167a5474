# SPDX-License-Identifier: Apache-2.0
"""Proves that backups can be restored, by asking what AWS Backup restores for a test.

A restore test makes a cluster without an instance, of which nothing is known but that a volume was made. This function
gives it one, puts the spec's checks to it, measures how long it all took and how old the data is, takes the instance
away again and tells AWS Backup the result, which then deletes the cluster. The result stays in the bucket with the
evidence.

It is woken by the event of a restore that ended and every few minutes besides, since events may be lost; whatever woke
it, it looks at every restore test of the last days and does what is next for each. Each step may be repeated, none
waits.

    RESTORE_CHECKS  [{"name": "ledger", "sql": "select count(*) > 0 from harecon_ledger", "expect": "true"}, ...]
    SETTINGS        {"within": 14400, "plan": "harecon_payments", "parameterGroup": "payments-instance-pg15"}
    EVIDENCE_BUCKET  payments-evidence-111122223333-us-east-1
    STACK, DATABASE, DECISIONS_TABLE, CRITICAL_TOPIC, AUDIT_GROUP, METRICS_NAMESPACE
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from backup_verifier.evidence import Evidence
from backup_verifier.restores import Restores
from backup_verifier.steps import Copy, Job, Step, Verdict, next_step
from shared.audit import Audit
from shared.check import Check
from shared.clients import client
from shared.data_api import Database
from shared.heartbeat import TABLE
from shared.metrics import RESTORE_DATA_AGE, RESTORE_SECONDS, RESTORE_VERIFIED
from shared.refusals import Meaning, meaning, name, sqlstate
from shared.tables import DAY_SECONDS, Table
from shared.telemetry import measure, note

# How long a verdict is remembered: longer than any job is looked at.
REMEMBERED_SECONDS = 400 * DAY_SECONDS

# What RDS and AWS Backup refuse for now: the next look finds another state, and does what is next then.
_NOT_NOW = frozenset(
    {
        "DBInstanceAlreadyExists",
        "InvalidDBClusterStateFault",
        "InvalidDBInstanceState",
        "InvalidDBInstanceStateFault",
        "InvalidResourceStateFault",
    }
)


@dataclass(frozen=True)
class Finding:
    """What a restore test has come to."""

    verdict: Verdict
    message: str
    # Seconds between the newest data and the moment in which the restore began; None when nothing tells.
    data_age: float | None = None


@dataclass(frozen=True)
class Verifier:
    restores: Restores
    decisions: Table
    audit: Audit
    evidence: Evidence
    # Of a restored cluster.
    database: Callable[[Copy], Database]
    checks: tuple[Check, ...]
    within: float
    tell: Callable[[str, str], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def look(self, job: Job) -> None:
        """Does for one restore test what can be done now."""
        taken: set[Step] = set()
        while True:
            copy = self.restores.copy(job)
            kept = self.decisions.read(_key(job))
            verdict = Verdict(kept["verdict"]) if kept else None
            step = next_step(job, copy, verdict, self.now(), self.within)
            if step in taken or not self._act(step, job, copy, kept or {}):
                return
            taken.add(step)

    def _act(self, step: Step, job: Job, copy: Copy | None, kept: Mapping[str, Any]) -> bool:
        """Whether to look for another step at once."""
        if step in (Step.WAIT, Step.DONE):
            return False
        try:
            self._take(step, job, copy, kept)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _NOT_NOW:
                raise
            note("not now", job=job.id, step=step.value, error=name(error))
            return False
        self.audit.record("step", job=job.id, step=step.value)
        return step is not Step.REPORT

    def _take(self, step: Step, job: Job, copy: Copy | None, kept: Mapping[str, Any]) -> None:
        match step, copy:
            case Step.PREPARE, Copy():
                self.restores.prepare(copy)
            case Step.ADD_INSTANCE, Copy():
                self.restores.add_instance(job, copy)
            case Step.OPEN, Copy():
                self.restores.open(copy)
            case Step.CHECK, Copy():
                if finding := self._check(job, copy):
                    self._conclude(job, finding)
            case Step.FAIL, _:
                self._conclude(job, Finding(Verdict.FAILED, _cause(job, copy)))
            case Step.GIVE_UP, Copy():
                message = f"not asked in {self.within:.0f} s: cluster {copy.status}, instance {copy.instance_status}"
                self._conclude(job, Finding(Verdict.TIMED_OUT, message))
            case Step.REMOVE_INSTANCE, _:
                self.restores.remove_instance(job)
            case Step.REPORT, _:
                self.restores.report(job, Verdict(kept["verdict"]), kept["message"])
            case _:
                raise AssertionError(f"{step} of {copy}")

    # MARK: Judging

    def _check(self, job: Job, copy: Copy) -> Finding | None:
        """None when the cluster cannot be asked yet; the next look asks all again."""
        database = self.database(copy)
        failures = []
        try:
            for check in self.checks:
                if failure := _failure(check, database):
                    failures.append(failure)
            age = self._data_age(job, database)
        except (BotoCoreError, ClientError) as error:
            note("not asked", job=job.id, error=name(error))
            return None
        if failures:
            return Finding(Verdict.FAILED, "; ".join(failures), age)
        return Finding(Verdict.SUCCESSFUL, f"{len(self.checks)} checks passed", age)

    def _data_age(self, job: Job, database: Database) -> float | None:
        """By the newest heartbeat; by when the backup was made where there is none."""
        newest = None
        try:
            [row] = database.query(f"select extract(epoch from max(at))::float8 as newest from {TABLE}")
            newest = row["newest"]
        except ClientError as error:
            if meaning(error) is not Meaning.REFUSED:
                raise
            note("no heartbeat", job=job.id, error=name(error))
        if isinstance(newest, (int, float)):
            return max(0.0, job.created.timestamp() - newest)
        return (job.created - job.backed_up).total_seconds() if job.backed_up else None

    def _conclude(self, job: Job, finding: Finding) -> None:
        """Keeps the verdict, once, and tells of it."""
        seconds = (self.now() - job.created).total_seconds()
        item = {
            "id": _key(job),
            "verdict": finding.verdict.value,
            "message": finding.message,
            "seconds": seconds,
            "at": self.now().isoformat(),
            "expires": int(self.now().timestamp()) + REMEMBERED_SECONDS,
        }
        if finding.data_age is not None:
            item["dataAge"] = finding.data_age
        judged = {key: value for key, value in item.items() if key not in ("id", "at", "expires")}
        # First, for a verdict that is kept already is not come to again. Who was broken off in between puts it anew.
        self.evidence.keep(job, {"at": item["at"], "checks": [check.name for check in self.checks], **judged})
        if not self.decisions.put(item, "attribute_not_exists(#id)"):
            return
        self.audit.record("judged", job=job.id, cluster=job.cluster, **judged)
        good = finding.verdict is Verdict.SUCCESSFUL
        measure({RESTORE_VERIFIED: 1 if good else 0})
        # How long a failure took says nothing of how long a restore takes.
        if good:
            ages = {} if finding.data_age is None else {RESTORE_DATA_AGE: finding.data_age}
            measure({RESTORE_SECONDS: seconds, **ages})
        else:
            self.tell(f"restore test {finding.verdict.value.lower().replace('_', ' ')}", f"{job.id}: {finding.message}")


def _failure(check: Check, database: Database) -> str | None:
    """Why the check does not pass. Raises what botocore raises when that is not the statement's fault."""
    try:
        return check.failure(database.query(check.sql))
    except ValueError as error:
        return f'"{check.name}": {error}'
    except ClientError as error:
        if meaning(error) is not Meaning.REFUSED:
            raise
        return f'"{check.name}" was refused: {sqlstate(error) or name(error)}'


def _cause(job: Job, copy: Copy | None) -> str:
    if job.status != "COMPLETED":
        return f"the restore ended as {job.status}: {job.message or 'no reason given'}"
    return "the restored cluster is gone" if copy is None else f"the instance is {copy.instance_status}"


def _key(job: Job) -> str:
    return f"restore#{job.id}"


@cache
def _configured() -> Verifier:
    settings = json.loads(os.environ["SETTINGS"])
    stack, topic, database = os.environ["STACK"], os.environ["CRITICAL_TOPIC"], os.environ["DATABASE"]
    rds = client("rds", connect=2.0, read=15.0, attempts=3)
    sns = client("sns", connect=1.0, read=4.0, attempts=3)

    def tell(subject: str, message: str) -> None:
        sns.publish(TopicArn=topic, Subject=f"{stack}: {subject}"[:100], Message=message)

    return Verifier(
        restores=Restores(
            backup=client("backup", connect=2.0, read=10.0, attempts=3),
            rds=rds,
            stack=stack,
            plan=settings["plan"],
            parameter_group=settings["parameterGroup"],
        ),
        decisions=Table(client("dynamodb", connect=1.0, read=3.0, attempts=3), os.environ["DECISIONS_TABLE"]),
        audit=Audit.of(os.environ, "backup-verifier"),
        evidence=Evidence(client("s3", connect=1.0, read=4.0, attempts=3), os.environ["EVIDENCE_BUCKET"]),
        # Longer than the Data API lets a statement run.
        database=lambda copy: Database(client("rds-data", connect=2.0, read=50.0), copy.arn, copy.secret, database),
        checks=Check.read(os.environ["RESTORE_CHECKS"]),
        within=float(settings["within"]),
        tell=tell,
    )


def handle(event: Mapping[str, Any], context: object) -> None:
    """Lambda's entry. One test that cannot be seen to does not keep the others from it; the call fails in the end."""
    verifier = _configured()
    failures: list[Exception] = []
    try:
        for job in verifier.restores.jobs(verifier.now()):
            try:
                verifier.look(job)
            except (BotoCoreError, ClientError) as error:
                note("failed", job=job.id, error=str(error))
                failures.append(error)
    finally:
        verifier.audit.flush()
    if failures:
        raise ExceptionGroup("restore tests that could not be seen to", failures)
