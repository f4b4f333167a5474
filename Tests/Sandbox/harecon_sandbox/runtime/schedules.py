# SPDX-License-Identifier: Apache-2.0
"""EventBridge Scheduler: schedules that fire by the account's clock, with the rights of their role.

When the clock is turned over several due times of a schedule, the last of them fires: what would have run meanwhile is
not made up for.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services import scheduler, sqs
from harecon_sandbox.services.events.state import DEFAULT_BUS, Rule
from harecon_sandbox.services.events.state import state_of as rules_of
from harecon_sandbox.services.lambda_.state import find
from harecon_sandbox.services.sqs import messages
from harecon_sandbox.services.sqs import state as queues

from . import bus, deliveries, events_queue, output, timetable, universal
from .deliveries import Delivery, Refused, Terms
from .functions import require_invocable
from .life import Runtime, runtime_of
from .rights import role_may, role_may_key, role_may_send

PRINCIPAL = scheduler.PRINCIPAL


@dataclass
class Mark:
    """Up to where a schedule has been looked after; another one when it was changed."""

    changed: Any
    due: float | None
    anchor: float


def fire_schedules(ctx: Context) -> float | None:
    """Fires what is due; answers when something is due next."""
    runtime = runtime_of(ctx)
    if runtime is None or (scheduler.SERVICE, ctx.region) not in ctx.store:
        return None
    marks: dict[str, Mark] = ctx.keep("runtime/schedules", dict)
    found = {schedule.arn: schedule for schedule in scheduler.state_of(ctx).schedules.values()}
    for gone in marks.keys() - found.keys():
        del marks[gone]
    dues = []
    for arn, schedule in sorted(found.items()):
        settings = schedule.settings
        if settings["State"] != "ENABLED" or scheduler.state_of(ctx).groups[schedule.group].leaving:
            marks.pop(arn, None)
            continue
        begin = settings["StartDate"].timestamp() if "StartDate" in settings else schedule.changed.timestamp()
        end = settings["EndDate"].timestamp() if "EndDate" in settings else None
        expression, zone = settings["ScheduleExpression"], settings["ScheduleExpressionTimezone"]
        mark = marks.get(arn)
        if mark is None or mark.changed is not settings:
            mark = marks[arn] = Mark(settings, timetable.following(expression, zone, begin, begin - 1), begin)
        now = ctx.clock.now()
        if mark.due is not None and mark.due <= now:
            due = timetable.last(expression, zone, mark.anchor, mark.due, now)
            mark.due = timetable.following(expression, zone, mark.anchor, due)
            if end is None or due <= end:
                _fire(runtime, ctx, schedule, due)
            if mark.due is None and settings["ActionAfterCompletion"] == "DELETE":
                ctx.call("scheduler", "DeleteSchedule", {"Name": schedule.name, "GroupName": schedule.group})
        if mark.due is not None and (end is None or mark.due <= end):
            dues.append(mark.due)
    return min(dues, default=None)


def _fire(runtime: Runtime, ctx: Context, schedule: scheduler.Schedule, due: float) -> None:
    target, execution = schedule.settings["Target"], str(uuid.uuid4())
    role, key = target["RoleArn"], schedule.settings.get("KmsKeyArn")
    payload = _payload(ctx, schedule, due)
    tries = 0

    def text() -> str:
        words = {
            "schedule-arn": schedule.arn, "scheduled-time": bus.stamp(due), "execution-id": execution,
            "attempt-number": str(tries),
        }  # fmt: skip
        filled = payload
        for word, value in words.items():
            filled = filled.replace(f"<aws.scheduler.{word}>", value)
        return filled

    def send() -> None:
        nonlocal tries
        tries += 1
        _count(ctx, schedule, "InvocationAttemptCount")
        _require_key(ctx, role, key)
        _to_target(runtime, ctx, schedule, role, target["Arn"], text())

    def bury(said: dict[str, str]) -> bool:
        about = {"SCHEDULE_ARN": schedule.arn, "SCHEDULED_TIME": bus.stamp(due), "EXECUTION_ID": execution}
        done = _put_aside(ctx, role, dead, deliveries.letter(text(), {**about, **said}))
        _count(ctx, schedule, f"Invocations{'SentTo' if done else 'FailedToBeSentTo'}DeadLetterCount")
        return done

    def ended(delivery: Delivery) -> None:
        if delivery.outcome != "delivered":
            _count(ctx, schedule, "TargetErrorCount")
            _count(ctx, schedule, "InvocationDroppedCount")

    policy, dead = target["RetryPolicy"], (target.get("DeadLetterConfig") or {}).get("Arn")
    terms = Terms(policy["MaximumRetryAttempts"], policy["MaximumEventAgeInSeconds"], bury if dead else None, ended)
    deliveries.deliver(runtime, ctx, schedule.arn, target["Arn"], text(), send, terms)


def _payload(ctx: Context, schedule: scheduler.Schedule, due: float) -> str:
    """The schedule's own input, or what AWS sends without one."""
    given = schedule.settings["Target"].get("Input")
    if given is not None:
        return str(given)
    return json.dumps({
        "version": "0", "id": str(uuid.uuid4()), "detail-type": "Scheduled Event", "source": "aws.scheduler",
        "account": ctx.account, "time": bus.stamp(due), "region": ctx.region, "resources": [schedule.arn],
        "detail": "{}",
    })  # fmt: skip


def _require_key(ctx: Context, role: str, key: str | None) -> None:
    """A schedule under a customer's key is read with the role's rights."""
    if key is not None and not role_may_key(ctx, role, "kms:Decrypt", key, PRINCIPAL, "scheduler"):
        raise Refused("AccessDeniedException", f"The role {role} may not decrypt with {key}", 403)


def _to_target(
    runtime: Runtime, ctx: Context, schedule: scheduler.Schedule, role: str, arn: str, text: str
) -> None:
    service = arn.split(":")[2]
    if ":aws-sdk:" in arn:
        universal.call(runtime, ctx, role, arn, text)
    elif service == "lambda":
        _require(ctx, role, "lambda:InvokeFunction", arn)
        function = find(ctx, arn)
        if function is None:
            raise Refused("ResourceNotFoundException", f"Function not found: {arn}")
        deliveries.meet_faults(runtime, ctx, "lambda", "Invoke")
        require_invocable(function)
        events_queue.enqueue(runtime, ctx, function, text.encode(), schedule.arn)
    else:
        raise Refused("NotImplemented", f"the sandbox's runtime has no scheduled targets of {service}", 501)


def _require(ctx: Context, role: str, action: str, resource: str) -> None:
    if not role_may(ctx, role, action, resource, PRINCIPAL):
        message = f"The role {role} is not authorized to perform {action} on {resource}"
        raise Refused("AccessDeniedException", message, 403)


def _put_aside(ctx: Context, role: str, arn: str, draft: sqs.Draft) -> bool:
    """With the role's rights, not by the queue's policy."""
    queue = queues.find(ctx, arn)
    if queue is None or not role_may_send(ctx, role, arn, queue.settings.get("KmsMasterKeyId"), PRINCIPAL):
        return False
    try:
        messages.put(ctx, queue, draft)
    except AWSError:
        return False
    return True


def _count(ctx: Context, schedule: scheduler.Schedule, name: str) -> None:
    output.own(ctx, "AWS/Scheduler", name, {"ScheduleGroup": schedule.group}, 1)


# Rules with a schedule ---------------------------------------------------------------------------------------------


def fire_rules(ctx: Context) -> float | None:
    """Rules that have a schedule instead of a pattern; in UTC, from when they were first seen."""
    runtime = runtime_of(ctx)
    if runtime is None or ("events", ctx.region) not in ctx.store:
        return None
    marks: dict[str, Mark] = ctx.keep("runtime/rules", dict)
    dues = []
    for rule in rules_of(ctx).rules.values():
        if rule.schedule is None or rule.state == "DISABLED" or rule.bus != DEFAULT_BUS:
            marks.pop(rule.arn, None)
            continue
        now, mark = ctx.clock.now(), marks.get(rule.arn)
        if mark is None or mark.changed != rule.schedule:
            mark = marks[rule.arn] = Mark(rule.schedule, timetable.following(rule.schedule, "UTC", now, now), now)
        if mark.due is not None and mark.due <= now:
            due = timetable.last(rule.schedule, "UTC", mark.anchor, mark.due, now)
            mark.due = timetable.following(rule.schedule, "UTC", mark.anchor, due)
            bus.trigger(runtime, ctx, rule, _scheduled(ctx, rule, due))
        if mark.due is not None:
            dues.append(mark.due)
    return min(dues, default=None)


def _scheduled(ctx: Context, rule: Rule, due: float) -> dict[str, Any]:
    return {
        "version": "0", "id": str(uuid.uuid4()), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": ctx.account, "time": bus.stamp(due), "region": ctx.region, "resources": [rule.arn], "detail": {},
    }  # fmt: skip
