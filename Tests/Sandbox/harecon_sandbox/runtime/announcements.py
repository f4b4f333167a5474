# SPDX-License-Identifier: Apache-2.0
"""What services tell of themselves on the default bus: databases, alarms, experiments, restored backups.

Each source brings its service to where the clock is, tells what has come about, and answers when it will go on.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from harecon_sandbox.kit import Context
from harecon_sandbox.services import backup, cloudwatch, fis, rds, sns
from harecon_sandbox.services.backup.jobs import PENDING, RESTORING, RestoreJob
from harecon_sandbox.services.backup.state import raw_state
from harecon_sandbox.services.cloudwatch.metric_alarms import period_of
from harecon_sandbox.services.cloudwatch.state import METRIC, Alarm, Transition
from harecon_sandbox.services.fis.state import Experiment

from . import bus
from .life import runtime_of

#: AWS's numbers of the events that the sandbox's databases have.
EVENTS = (
    (r"Started same AZ failover to DB instance: .+", "RDS-EVENT-0072"),
    (r"Started cross AZ failover to DB instance: .+", "RDS-EVENT-0073"),
    (r"Completed failover to DB instance: .+", "RDS-EVENT-0071"),
    (r"Cluster failover failed, check the health of your cluster instances and try again", "RDS-EVENT-0069"),
    (r"DB cluster created\.", "RDS-EVENT-0170"),
    (r"DB cluster deleted\.", "RDS-EVENT-0171"),
    (r"DB instance created\.", "RDS-EVENT-0005"),
    (r"DB instance deleted\.", "RDS-EVENT-0003"),
    (r"DB instance restarted\.", "RDS-EVENT-0006"),
)


ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")


# Databases ---------------------------------------------------------------------------------------------------------


def databases(ctx: Context) -> float | None:
    runtime = runtime_of(ctx)
    if runtime is None or ("rds", ctx.region) not in ctx.store:
        return None
    state = rds.current(ctx)
    told: list[int] = ctx.keep("runtime/rds-events", lambda: [0])
    while told[0] < len(state.events):
        event = state.events[told[0]]
        told[0] += 1
        cluster = event["SourceType"] == "db-cluster"
        detail = {
            **{name: event[name] for name in ("EventCategories", "SourceArn", "Message", "SourceIdentifier")},
            "SourceType": "CLUSTER" if cluster else "DB_INSTANCE", "EventID": _number(event["Message"]),
            "Date": _milliseconds(event["Date"].timestamp()),
        }  # fmt: skip
        kind = "RDS DB Cluster Event" if cluster else "RDS DB Instance Event"
        bus.publish(runtime, ctx, "aws.rds", kind, [event["SourceArn"]], detail, event["Date"].timestamp())
    now = ctx.clock.now()
    dues = [effect.due for holder in state.holders() for effect in holder.effects]
    dues += [holder.timeline.ends() for holder in state.holders()]
    return min((due for due in dues if due > now), default=None)


def _number(message: str) -> str:
    for pattern, number in EVENTS:
        if re.fullmatch(pattern, message):
            return number
    raise NotImplementedError(f"the sandbox's runtime does not know the event number of {message!r}")


def _milliseconds(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


# Alarms ------------------------------------------------------------------------------------------------------------


def alarms(ctx: Context) -> float | None:
    if runtime_of(ctx) is None or ("cloudwatch", ctx.region) not in ctx.store:
        return None
    cloudwatch.evaluate(ctx)
    now = ctx.clock.now()
    watched = [alarm for alarm in cloudwatch.state_of(ctx).alarms.values() if alarm.kind == METRIC]
    ticks = {10 if period_of(alarm.config) < 60 else 60 for alarm in watched}
    return min(((now // tick + 1) * tick for tick in ticks), default=None)


@cloudwatch.on_transition
def tell_transition(ctx: Context, transition: Transition) -> None:
    runtime = runtime_of(ctx)
    if runtime is None:
        return
    alarm = transition.alarm
    detail = {
        "alarmName": alarm.name,
        "state": {
            "value": alarm.value, "reason": alarm.reason, **({"reasonData": alarm.data} if alarm.data else {}),
            "timestamp": _offset(transition.at),
        },
        "previousState": {"value": transition.before, "reason": transition.before_reason},
        "configuration": _configuration(alarm),
    }  # fmt: skip
    bus.publish(
        runtime, ctx, "aws.cloudwatch", "CloudWatch Alarm State Change", [alarm.arn], detail, transition.at
    )


def _offset(at: float) -> str:
    return _milliseconds(at).removesuffix("Z") + "+0000"


def _configuration(alarm: Alarm) -> dict[str, Any]:
    config = alarm.config
    shown: dict[str, Any] = {"description": config["AlarmDescription"]} if "AlarmDescription" in config else {}
    if alarm.kind != METRIC:
        members = {"AlarmRule": "alarmRule", "ActionsSuppressor": "actionsSuppressor"}
        return {**shown, **{name: config[member] for member, name in members.items() if member in config}}
    if "MetricName" in config:
        metric = {
            "namespace": config["Namespace"], "name": config["MetricName"],
            "dimensions": {d["Name"]: d["Value"] for d in config.get("Dimensions") or ()},
        }  # fmt: skip
        statistic = config.get("Statistic") or config.get("ExtendedStatistic")
        single = {"metric": metric, "period": config["Period"], "stat": statistic}
        return {**shown, "metrics": [{"id": "m1", "metricStat": single, "returnData": True}]}
    return {**shown, "metrics": json.loads(json.dumps(config["Metrics"]))}


@cloudwatch.on_action
def notify(ctx: Context, transition: Transition, action: str) -> bool:
    """Alarms tell topics, which must let CloudWatch in, as must their key."""
    if runtime_of(ctx) is None:
        return True
    if action.split(":")[2] != "sns":
        raise NotImplementedError(f"the sandbox's runtime has no alarm actions but topics, not {action}")
    alarm, config = transition.alarm, transition.alarm.config
    message = {
        "AlarmName": alarm.name, "AlarmDescription": config.get("AlarmDescription"), "AWSAccountId": ctx.account,
        "NewStateValue": alarm.value, "NewStateReason": alarm.reason, "StateChangeTime": _offset(transition.at),
        "Region": ctx.region, "AlarmArn": alarm.arn, "OldStateValue": transition.before,
        **{member: config.get(member) or [] for member in ACTIONS},
        "Trigger": {member: value for member, value in config.items() if member not in ACTIONS},
    }  # fmt: skip
    notice = sns.Notice(json.dumps(message, default=str), f'{alarm.value}: "{alarm.name}" in {ctx.region}'[:100])
    return sns.publish_for(ctx, action, notice, "cloudwatch.amazonaws.com", alarm.arn)


# Experiments -------------------------------------------------------------------------------------------------------


def experiments(ctx: Context) -> float | None:
    if runtime_of(ctx) is None or (fis.SERVICE, ctx.region) not in ctx.store:
        return None
    fis.settle(ctx)
    dues = []
    for experiment in fis.state(ctx).experiments.values():
        dues += [experiment.due] if experiment.due is not None else []
        dues += [action.due for action in experiment.actions.values() if action.status == "running" and action.due]
        if experiment.report is not None and experiment.report.due is not None:
            dues.append(experiment.report.due)
    now = ctx.clock.now()
    return min((due for due in dues if due > now), default=None)


@fis.on_status
def tell_experiment(ctx: Context, experiment: Experiment, before: str, at: float) -> None:
    runtime = runtime_of(ctx)
    if runtime is None:
        return
    template = experiment.template["id"]
    detail = {
        "experiment-id": experiment.id, "experiment-template-id": template,
        "new-state": {"status": experiment.status, "reason": experiment.reason},
        "old-state": {"status": before, "reason": ""},
    }  # fmt: skip
    place = fis.fis_arn(ctx, "experiment", experiment.id)
    bus.publish(runtime, ctx, "aws.fis", "FIS Experiment State Change", [place], detail, at)


# Restored backups --------------------------------------------------------------------------------------------------


def restores(ctx: Context) -> float | None:
    """Backup jobs go on, too; of them only restore jobs are told."""
    runtime = runtime_of(ctx)
    if runtime is None or (backup.SERVICE, ctx.region) not in ctx.store:
        return None
    backup.state_of(ctx)
    state, now = raw_state(ctx), ctx.clock.now()
    told: dict[str, list[str]] = ctx.keep("runtime/restores", dict)
    for job in state.restore_jobs.values():
        said = told.setdefault(job.id, [])
        for status, at in _history(job):
            if status not in said:
                said.append(status)
                resources = [job.point.arn, *([job.created_resource] if job.created_resource else [])]
                bus.publish(
                    runtime, ctx, "aws.backup", "Restore Job State Change", resources, _restore(job, status), at
                )
    # A schedule of Backup's is looked at each minute, which is as often as it can be due.
    return (now // 60 + 1) * 60 if state.plans or state.testing or state.restore_jobs else None


def _history(job: RestoreJob) -> list[tuple[str, float]]:
    passed = [("PENDING", job.created)]
    if job.status != "PENDING":
        passed.append(("RUNNING", job.created + PENDING))
    if job.status not in ("PENDING", "RUNNING"):
        passed.append((job.status, job.completed or job.created + PENDING + RESTORING))
    return passed


def _restore(job: RestoreJob, status: str) -> dict[str, Any]:
    done = {"createdResourceArn": job.created_resource} if status == "COMPLETED" and job.created_resource else {}
    return {
        "restoreJobId": job.id, "backupSizeInBytes": "0", "creationDate": _milliseconds(job.created),
        "iamRoleArn": job.selection["IamRoleArn"], "percentDone": 100 if status == "COMPLETED" else 0,
        "resourceType": "Aurora", "status": status, "restoreTestingPlanArn": job.plan, **done,
    }  # fmt: skip
