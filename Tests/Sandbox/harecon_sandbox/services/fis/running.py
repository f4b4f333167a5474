# SPDX-License-Identifier: Apache-2.0
"""How an experiment goes on while the account's clock runs."""

from __future__ import annotations

from collections.abc import Callable

from harecon_sandbox.kit import AWSError, Context

from . import effects, journal, reports, targets
from .state import Action, Experiment, seconds_of, state

PENDING = 2.0
INITIATING = 6.0
STOPPING = 5.0
#: What an action without a duration takes.
ACTING = {"aws:rds:failover-db-cluster": 45.0, "aws:rds:reboot-db-instances": 60.0}

Listener = Callable[[Context, Experiment, str, float], None]
_LISTENERS: list[Listener] = []

UNDER_WAY = frozenset({"pending", "initiating", "running"})
ENDED = frozenset({"completed", "skipped", "failed", "stopped", "cancelled"})


def on_status(listener: Listener) -> Listener:
    """Has `listener` called after every change of an experiment's status, with the status before and when it was."""
    _LISTENERS.append(listener)
    return listener


def _become(ctx: Context, experiment: Experiment, status: str, reason: str, at: float) -> None:
    before, experiment.status, experiment.reason = experiment.status, status, reason
    for listener in _LISTENERS:
        listener(ctx, experiment, before, at)


def begin(ctx: Context, experiment: Experiment) -> None:
    experiment.due = experiment.created + PENDING
    reports.begin(experiment)
    journal.write(ctx, experiment, "experiment-start")
    if state(ctx).lever.status == "engaged":
        _end(ctx, experiment, "cancelled", "Experiment cancelled because the safety lever is engaged.")


def settle(ctx: Context, experiment: Experiment) -> None:
    """Brings the experiment to where the clock is, step by step."""
    while experiment.status not in ENDED and _step(ctx, experiment):
        pass
    reports.settle(ctx, experiment)


def _step(ctx: Context, experiment: Experiment) -> bool:
    """One step; False when there is none to be made yet."""
    if experiment.status in UNDER_WAY and _alarm(ctx, experiment):
        return True
    if experiment.status == "running":
        return _act(ctx, experiment)
    if experiment.due is None or ctx.clock.now() < experiment.due:
        return False
    at = experiment.due
    match experiment.status:
        case "pending":
            experiment.due = at + INITIATING
            _become(ctx, experiment, "initiating", "Experiment is initiating.", at)
        case "initiating":
            _start(ctx, experiment, at)
        case _:
            _end(ctx, experiment, "stopped", experiment.reason, at)
    return True


def _alarm(ctx: Context, experiment: Experiment) -> bool:
    """Whether an alarm stops the experiment, or one that does not exist fails it."""
    names = [c["value"].split(":alarm:", 1)[1] for c in experiment.template["stopConditions"] if "value" in c]
    if not names:
        return False
    found = ctx.call("cloudwatch", "DescribeAlarms", {"AlarmNames": names, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]})
    alarms = {a["AlarmName"]: a["StateValue"] for a in [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]}
    absent = next((name for name in names if name not in alarms), None)
    if absent is not None:
        fail(ctx, experiment, f"The alarm '{absent}' of a stop condition does not exist.", "ResourceNotFound")
    elif "ALARM" in alarms.values():
        stop(ctx, experiment, "Experiment halted by stop condition.")
    return absent is not None or "ALARM" in alarms.values()


def _start(ctx: Context, experiment: Experiment, at: float) -> None:
    experiment.started, experiment.due = at, None
    try:
        experiment.resolved = targets.resolve(ctx, experiment)
    except AWSError as error:
        fail(ctx, experiment, error.message, error.code)
        return
    empty = {name for name, resources in experiment.resolved.items() if not resources}
    if empty and experiment.template["experimentOptions"]["emptyTargetResolutionMode"] == "fail":
        fail(ctx, experiment, f"Target resolution returned empty set for {sorted(empty)}.", "EmptyTargetResolution")
        return
    _become(ctx, experiment, "running", "Experiment is running.", at)
    journal.write(ctx, experiment, "target-resolution-end")
    for action in experiment.actions.values():
        aimless = empty.intersection((action.shape.get("targets") or {}).values())
        if experiment.skips_actions or aimless:
            action.status, action.ended = "skipped", at
            action.reason = "Action skipped: " + ("actions mode skip-all." if experiment.skips_actions else "no targets.")


def _act(ctx: Context, experiment: Experiment) -> bool:
    now = ctx.clock.now()
    for name, action in experiment.actions.items():
        if action.status == "running" and action.due is not None and now >= action.due:
            action.status, action.reason, action.ended = "completed", "Action was completed.", action.due
            effects.undo(ctx, experiment, action)
            journal.write(ctx, experiment, "action-end", name)
            return True
    for name, action in experiment.actions.items():
        earlier = [experiment.actions[other] for other in action.shape.get("startAfter") or ()]
        if action.status == "pending" and all(other.status in ENDED for other in earlier):
            _begin_action(ctx, experiment, name, action, earlier)
            return True
    if all(action.status in ENDED for action in experiment.actions.values()):
        last = max((action.ended or now for action in experiment.actions.values()), default=now)
        _end(ctx, experiment, "completed", "Experiment completed.", last)
        return True
    return False


def _begin_action(
    ctx: Context, experiment: Experiment, name: str, action: Action, earlier: list[Action]
) -> None:
    """Starts when the last of those before it has ended; its effect on the account is made as of now."""
    start = max((other.ended or 0.0 for other in earlier), default=experiment.started or ctx.clock.now())
    action.started = start
    journal.write(ctx, experiment, "action-start", name)
    try:
        effects.make(ctx, experiment, action)
    except AWSError as error:
        action.status, action.reason, action.ended = "failed", f"{error.code}: {error.message}", start
        journal.write(ctx, experiment, "action-error", name)
        fail(ctx, experiment, f"Action '{name}' failed: {error.message}", error.code)
        return
    duration = (action.shape.get("parameters") or {}).get("duration")
    length = seconds_of(duration) if duration else ACTING.get(action.shape["actionId"], 0.0)
    action.status, action.reason, action.due = "running", "Action is running.", start + length


def stop(ctx: Context, experiment: Experiment, reason: str) -> None:
    """What runs is brought to a halt; what has not begun never will be."""
    if experiment.status not in UNDER_WAY:
        return
    now = ctx.clock.now()
    for action in experiment.actions.values():
        if action.status in ("pending", "running"):
            action.status = "stopped" if action.status == "running" else "cancelled"
            action.reason, action.ended = reason, now
            effects.undo(ctx, experiment, action)
    experiment.due = now + STOPPING
    _become(ctx, experiment, "stopping", reason, now)


def fail(ctx: Context, experiment: Experiment, reason: str, code: str) -> None:
    now = ctx.clock.now()
    for action in experiment.actions.values():
        if action.status in ("pending", "running"):
            effects.undo(ctx, experiment, action)
            action.status, action.reason, action.ended = "cancelled", reason, now
    experiment.error = {"accountId": ctx.account, "code": code, "location": "experiment"}
    _end(ctx, experiment, "failed", reason)


def _end(ctx: Context, experiment: Experiment, status: str, reason: str, at: float | None = None) -> None:
    experiment.ended, experiment.due = ctx.clock.now() if at is None else at, None
    _become(ctx, experiment, status, reason, experiment.ended)
    reports.end(experiment, experiment.ended)
    journal.write(ctx, experiment, "experiment-end")
