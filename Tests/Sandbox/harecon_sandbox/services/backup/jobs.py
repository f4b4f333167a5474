# SPDX-License-Identifier: Apache-2.0
"""Backup jobs and restore jobs, which schedules and people begin and the simulated clock carries on."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation
from harecon_sandbox.services import rds

from .schedule import cron
from .state import (
    DAY,
    SERVICE,
    Plan,
    Point,
    State,
    TestingPlan,
    check_role,
    invalid,
    missing,
    moment,
    present,
    raw_state,
    refused,
)

#: Simulated seconds.
BACKING_UP = 300.0
PENDING = 60.0
RESTORING = 900.0
HOUR = 3600.0
#: What AWS Backup tags a restored cluster with, and how it names it.
MARK = "awsbackup-restore-test"


@dataclass
class BackupJob:
    id: str
    vault: str
    resource: str
    role: str
    created: float
    point: str
    delete_after: int | None
    tags: dict[str, str]
    state: str = "RUNNING"


@dataclass
class RestoreJob:
    id: str
    point: Point
    plan: str
    created: float
    selection: dict[str, Any]
    status: str = "PENDING"
    message: str | None = None
    created_resource: str | None = None
    completed: float | None = None
    validation: str | None = None
    validation_message: str | None = None
    validated: float | None = None
    deletion: str | None = None
    deletion_message: str | None = None

    @property
    def cluster(self) -> str:
        return f"{MARK}-{self.id[:8].lower()}"


def state_of(ctx: Context) -> State:
    """The state as the clock has it now: schedules have begun their jobs, and jobs have gone on."""
    state = raw_state(ctx)
    if state.busy:
        return state
    state.busy = True
    try:
        _carry_on(ctx, state)
    finally:
        state.busy = False
    return state


def _carry_on(ctx: Context, state: State) -> None:
    now = ctx.clock.now()
    for plan in list(state.plans.values()):
        _begin_backups(ctx, state, plan, now)
    for backup in state.backup_jobs.values():
        if backup.state == "RUNNING":
            _go_on_backing_up(ctx, state, backup, now)
    for vault in state.vaults.values():
        for point in [p for p in vault.points.values() if p.expires is not None and p.expires <= now]:
            del vault.points[point.arn]
    for testing in list(state.testing.values()):
        _begin_tests(ctx, state, testing, now)
    for job in state.restore_jobs.values():
        _go_on_restoring(ctx, job, now)


# Backups -----------------------------------------------------------------------------------------------------------


def _begin_backups(ctx: Context, state: State, plan: Plan, now: float) -> None:
    for rule in plan.body["Rules"]:
        for fired in cron(rule["ScheduleExpression"], rule["ScheduleExpressionTimezone"]).between(plan.done, now):
            for selection in plan.selections.values():
                body = selection["BackupSelection"]
                for resource in body.get("Resources") or ():
                    days = (rule.get("Lifecycle") or {}).get("DeleteAfterDays")
                    tags = rule.get("RecoveryPointTags") or {}
                    _begin_backup(
                        ctx, state, rule["TargetBackupVaultName"], resource, body["IamRoleArn"], fired, days, tags
                    )
    plan.done = now


def _begin_backup(
    ctx: Context, state: State, vault: str, resource: str, role: str, at: float, days: int | None, tags: dict[str, str]
) -> BackupJob:
    identifier = str(uuid.uuid4()).upper()
    point = f"arn:{ctx.partition}:rds:{ctx.region}:{ctx.account}:cluster-snapshot:awsbackup:job-{identifier.lower()}"
    job = BackupJob(identifier, vault, resource, role, at, point, days, dict(tags))
    state.backup_jobs[identifier] = job
    return job


def _go_on_backing_up(ctx: Context, state: State, job: BackupJob, now: float) -> None:
    if now < job.created + BACKING_UP:
        ctx.clock.expect(job.created + BACKING_UP)
        return
    cluster = rds.current(ctx).clusters.get(job.resource.rsplit(":", 1)[-1])
    vault = state.vaults.get(job.vault)
    if cluster is None or vault is None:
        job.state = "FAILED"
        return
    done = job.created + BACKING_UP
    expires = done + job.delete_after * DAY if job.delete_after else None
    rds.take_for_backup(ctx, cluster, job.point.split(":cluster-snapshot:", 1)[1])
    source = {**cluster.fields, "DBSubnetGroup": cluster.subnet_group, "Tags": dict(cluster.tags)}
    vault.points[job.point] = Point(job.point, job.vault, job.resource, done, job.role, source, job.tags, expires)
    job.state = "COMPLETED"


def _backup_job(job: BackupJob, ctx: Context) -> dict[str, Any]:
    done = job.state == "COMPLETED"
    return present({
        "AccountId": ctx.account, "BackupJobId": job.id, "BackupVaultName": job.vault, "RecoveryPointArn": job.point,
        "ResourceArn": job.resource, "ResourceType": "Aurora", "IamRoleArn": job.role, "State": job.state,
        "CreationDate": moment(job.created), "PercentDone": "100.0" if done else "0.0",
        "CompletionDate": moment(job.created + BACKING_UP) if done else None,
    })  # fmt: skip


@operation(SERVICE, "StartBackupJob")
def start_backup(ctx: Context, params: Params) -> Result:
    state = state_of(ctx)
    if params["BackupVaultName"] not in state.vaults:
        raise missing(f"Backup vault {params['BackupVaultName']}")
    if params["ResourceArn"].rsplit(":", 1)[-1] not in rds.current(ctx).clusters:
        raise invalid(f"Invalid resource: {params['ResourceArn']}")
    check_role(ctx, params["IamRoleArn"])
    days = (params.get("Lifecycle") or {}).get("DeleteAfterDays")
    job = _begin_backup(
        ctx, state, params["BackupVaultName"], params["ResourceArn"], params["IamRoleArn"], ctx.clock.now(), days,
        params.get("RecoveryPointTags") or {},
    )  # fmt: skip
    return {"BackupJobId": job.id, "RecoveryPointArn": job.point, "CreationDate": moment(job.created)}


@operation(SERVICE, "DescribeBackupJob")
def describe_backup(ctx: Context, params: Params) -> Result:
    job = state_of(ctx).backup_jobs.get(params["BackupJobId"])
    if job is None:
        raise missing(f"backup job {params['BackupJobId']}")
    return _backup_job(job, ctx)


@operation(SERVICE, "ListBackupJobs")
def list_backups(ctx: Context, params: Params) -> Result:
    wanted = (params.get("ByState"), params.get("ByResourceArn"), params.get("ByBackupVaultName"))
    return {
        "BackupJobs": [
            _backup_job(job, ctx)
            for job in state_of(ctx).backup_jobs.values()
            if all(w in (None, actual) for w, actual in zip(wanted, (job.state, job.resource, job.vault)))
        ]
    }


# Restore tests -----------------------------------------------------------------------------------------------------


def _begin_tests(ctx: Context, state: State, plan: TestingPlan, now: float) -> None:
    schedule = cron(plan.body["ScheduleExpression"], plan.body["ScheduleExpressionTimezone"])
    for fired in schedule.between(plan.done, now):
        plan.last = fired
        for selection in plan.selections.values():
            for point in _points(state, plan, selection, fired):
                identifier = str(uuid.uuid4()).upper()
                state.restore_jobs[identifier] = RestoreJob(identifier, point, plan.arn, fired, dict(selection))
    plan.done = now


def _points(state: State, plan: TestingPlan, selection: dict[str, Any], now: float) -> list[Point]:
    """One for each protected resource, the latest or any within the window."""
    chosen = plan.body["RecoveryPointSelection"]
    included, excluded = chosen["IncludeVaults"], chosen.get("ExcludeVaults") or ()
    vaults = [v for v in state.vaults.values() if (v.arn in included or "*" in included) and v.arn not in excluded]
    arns = selection.get("ProtectedResourceArns") or ["*"]
    fitting: dict[str, list[Point]] = {}
    for point in (point for vault in vaults for point in vault.points.values()):
        is_recent = now - chosen["SelectionWindowDays"] * DAY <= point.created <= now
        if is_recent and ("*" in arns or point.resource in arns):
            fitting.setdefault(point.resource, []).append(point)
    latest = chosen["Algorithm"] == "LATEST_WITHIN_WINDOW"
    return [max(ps, key=lambda p: p.created) if latest else secrets.choice(ps) for ps in fitting.values()]


def _go_on_restoring(ctx: Context, job: RestoreJob, now: float) -> None:
    if job.status == "PENDING" and now >= job.created + PENDING:
        job.status = "RUNNING"
        _restore(ctx, job)
    if job.status == "RUNNING" and now >= job.created + PENDING + RESTORING:
        job.status, job.completed = "COMPLETED", job.created + PENDING + RESTORING
        job.validation = "VALIDATING"
    if job.status == "COMPLETED":
        _end_test(ctx, job, now)
    if job.status in ("PENDING", "RUNNING"):
        ctx.clock.expect(job.created + PENDING + (RESTORING if job.status == "RUNNING" else 0))


def _restore(ctx: Context, job: RestoreJob) -> None:
    """A cluster without instances, with all tags of its original and the mark of a test."""
    overrides = {key.lower(): value for key, value in (job.selection.get("RestoreMetadataOverrides") or {}).items()}
    try:
        job.created_resource = rds.restore_for_backup(
            ctx, job.point.source, job.cluster, overrides, {**job.point.source["Tags"], MARK: job.id}
        )
    except AWSError as error:
        job.status, job.message = "FAILED", error.message


def _end_test(ctx: Context, job: RestoreJob, now: float) -> None:
    """The cluster goes when its check has had its say, or the window is over."""
    window = (job.completed or 0.0) + job.selection["ValidationWindowHours"] * HOUR
    if job.deletion is None:
        if job.validation == "VALIDATING" and now >= window:
            job.validation, job.validated = "TIMED_OUT", window
        if job.validation == "VALIDATING":
            ctx.clock.expect(window)
            return
        if rds.busy_for_backup(ctx, job.cluster):
            # The clock was turned over the whole window at once: the cluster has only begun to be made.
            return
        job.deletion = "DELETING"
        problem = rds.delete_for_backup(ctx, job.cluster, MARK)
        if problem is not None:
            job.deletion, job.deletion_message = "FAILED", problem
    elif job.deletion == "DELETING" and job.cluster not in rds.current(ctx).clusters:
        job.deletion = "SUCCESSFUL"


def put_result(ctx: Context, identifier: str, status: str, message: str | None) -> None:
    job = _job(ctx, identifier)
    if job.status != "COMPLETED":
        raise refused("The restore job is not completed: it cannot be validated yet.")
    if job.validation not in ("VALIDATING", status):
        raise refused(f"The restore job was already validated: {job.validation}")
    job.validation, job.validation_message = status, message
    job.validated = ctx.clock.now() if status != "VALIDATING" else None


def _job(ctx: Context, identifier: str) -> RestoreJob:
    job: RestoreJob | None = state_of(ctx).restore_jobs.get(identifier)
    if job is None:
        raise missing(f"restore job {identifier}")
    return job


def _restore_job(job: RestoreJob, ctx: Context) -> dict[str, Any]:
    done = job.status == "COMPLETED"
    return present({
        "AccountId": ctx.account, "RestoreJobId": job.id, "RecoveryPointArn": job.point.arn,
        "SourceResourceArn": job.point.resource, "CreationDate": moment(job.created),
        "CompletionDate": moment(job.completed), "Status": job.status, "StatusMessage": job.message,
        "PercentDone": "100.0%" if done else "0.00%", "BackupSizeInBytes": 0, "ResourceType": "Aurora",
        "IamRoleArn": job.selection["IamRoleArn"], "CreatedResourceArn": job.created_resource if done else None,
        "RecoveryPointCreationDate": moment(job.point.created), "CreatedBy": {"RestoreTestingPlanArn": job.plan},
        "ValidationStatus": job.validation, "ValidationStatusMessage": job.validation_message,
        "DeletionStatus": job.deletion, "DeletionStatusMessage": job.deletion_message,
    })  # fmt: skip


@operation(SERVICE, "DescribeRestoreJob")
def describe_restore(ctx: Context, params: Params) -> Result:
    return _restore_job(_job(ctx, params["RestoreJobId"]), ctx)


@operation(SERVICE, "ListRestoreJobs")
def list_restores(ctx: Context, params: Params) -> Result:
    wanted = (params.get("ByStatus"), params.get("ByRestoreTestingPlanArn"), params.get("ByResourceType"))
    return {
        "RestoreJobs": [
            _restore_job(job, ctx)
            for job in sorted(state_of(ctx).restore_jobs.values(), key=lambda j: -j.created)
            if all(w in (None, actual) for w, actual in zip(wanted, (job.status, job.plan, "Aurora")))
        ]
    }
