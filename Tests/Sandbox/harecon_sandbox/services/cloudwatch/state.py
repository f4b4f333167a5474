# SPDX-License-Identifier: Apache-2.0
"""What CloudWatch holds for an account: alarms with their state and history, dashboards."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services.common import Tags, arn, check_tags

SERVICE = "cloudwatch"
OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
METRIC, COMPOSITE = "MetricAlarm", "CompositeAlarm"
HISTORY_SECONDS = 30 * 86400


@dataclass
class Alarm:
    """An alarm of either type; `config` is what the last put said."""

    name: str
    arn: str
    kind: str
    config: dict[str, Any]
    tags: Tags
    created: float
    configured: float
    value: str = INSUFFICIENT
    reason: str = "Unchecked: Initial alarm creation"
    data: str = ""
    updated: float = 0.0
    transitioned: float = 0.0
    #: Up to when it has been evaluated, for metric alarms.
    evaluated: float = 0.0
    #: Whether its warm-up is over, which never begins again.
    warm: bool = False

    @property
    def actions_enabled(self) -> bool:
        return bool(self.config.get("ActionsEnabled", True))

    def actions(self, value: str) -> list[str]:
        """Whom it tells of that state."""
        member = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT: "InsufficientDataActions"}[value]
        return list(self.config.get(member) or [])

    def shape(self) -> dict[str, Any]:
        shape = {
            "OKActions": [], "AlarmActions": [], "InsufficientDataActions": [], "ActionsEnabled": True,
            **self.config,
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": moment(self.configured),
            "StateValue": self.value,
            "StateReason": self.reason,
            "StateUpdatedTimestamp": moment(self.updated),
            "StateTransitionedTimestamp": moment(self.transitioned),
        }  # fmt: skip
        return {**shape, "StateReasonData": self.data} if self.data else shape


@dataclass(frozen=True)
class Entry:
    """One line of an alarm's history."""

    alarm: str
    kind: str
    at: float
    type: str
    summary: str
    data: str

    def shape(self) -> dict[str, Any]:
        return {
            "AlarmName": self.alarm,
            "AlarmType": self.kind,
            "Timestamp": moment(self.at),
            "HistoryItemType": self.type,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


@dataclass
class State:
    alarms: dict[str, Alarm] = field(default_factory=dict)
    history: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Transition:
    """A change of an alarm's state, as whoever listens is told."""

    alarm: Alarm
    before: str
    before_reason: str
    at: float
    #: Whether the alarm's actions run: they are on, and nothing suppresses them.
    acts: bool


Listener = Callable[[Context, Transition], None]
_LISTENERS: list[Listener] = []


def on_transition(listener: Listener) -> Listener:
    """Has `listener` called after every change of an alarm's state, in the order of simulated time."""
    _LISTENERS.append(listener)
    return listener


Performer = Callable[[Context, Transition, str], bool]
_PERFORMERS: list[Performer] = []


def on_action(performer: Performer) -> Performer:
    """Has `performer` carry out the actions of alarms, by their ARN; it says whether that went."""
    _PERFORMERS.append(performer)
    return performer


def state_of(ctx: Context) -> State:
    return ctx.keep(SERVICE, State)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def invalid(message: str) -> AWSError:
    """What CloudWatch says of a wrong parameter; the model has no error for it."""
    return AWSError("ValidationError", message, 400)


def check_cloudwatch_tags(new: Tags, current: Tags) -> None:
    check_tags(new, current, lambda message: AWSError("InvalidParameterValue", message))


def alarm_arn(ctx: Context, name: str) -> str:
    return arn(ctx, SERVICE, f"alarm:{name}")


def find_alarm(ctx: Context, reference: str) -> Alarm | None:
    """By name or ARN."""
    return state_of(ctx).alarms.get(alarm_name(reference))


def alarm_name(reference: str) -> str:
    return reference.split(":alarm:", 1)[1] if reference.startswith("arn:") and ":alarm:" in reference else reference


def save(ctx: Context, kind: str, config: dict[str, Any], tags: Tags) -> tuple[Alarm, bool]:
    """Makes the alarm or overwrites all of it but its tags and its state, and says whether it is new."""
    state, name, now = state_of(ctx), config["AlarmName"], ctx.clock.now()
    alarm = state.alarms.get(name)
    if alarm is not None and alarm.kind != kind:
        raise invalid(f"An alarm of another type exists with the name {name}")
    if alarm is None:
        check_cloudwatch_tags(tags, {})
        alarm = Alarm(name, alarm_arn(ctx, name), kind, config, tags, now, now, updated=now, transitioned=now,
                      evaluated=now)  # fmt: skip
        state.alarms[name] = alarm
        note(ctx, alarm, now, "ConfigurationUpdate", f'Alarm "{name}" created', {"type": "Create"})
        return alarm, True
    alarm.config, alarm.configured = config, now
    note(ctx, alarm, now, "ConfigurationUpdate", f'Alarm "{name}" updated', {"type": "Update"})
    return alarm, False


def note(ctx: Context, alarm: Alarm, at: float, kind: str, summary: str, data: dict[str, Any]) -> None:
    """Writes a line of history; lines older than CloudWatch keeps them are dropped."""
    state = state_of(ctx)
    state.history.append(Entry(alarm.name, alarm.kind, at, kind, summary, json.dumps({"version": "1.0", **data})))
    if state.history[0].at < at - HISTORY_SECONDS:
        state.history = [entry for entry in state.history if entry.at >= at - HISTORY_SECONDS]


def move(ctx: Context, alarm: Alarm, value: str, reason: str, data: str, at: float, suppressed: bool = False) -> bool:
    """Gives the alarm its state and says whether that is another one: then history, actions and listeners follow."""
    before, before_reason = alarm.value, alarm.reason
    if value == before:
        # The reason follows the data only when the state changes, as does the time of it.
        return False
    alarm.value, alarm.reason, alarm.data = value, reason, data
    alarm.updated = alarm.transitioned = at
    states = {"oldState": {"stateValue": before, "stateReason": before_reason},
              "newState": {"stateValue": value, "stateReason": reason}}  # fmt: skip
    note(ctx, alarm, at, "StateUpdate", f"Alarm updated from {before} to {value}", states)
    acts = alarm.actions_enabled and not suppressed
    transition = Transition(alarm, before, before_reason, at, acts)
    if acts:
        for action in alarm.actions(value):
            note_action(ctx, transition, action)
    for listener in _LISTENERS:
        listener(ctx, transition)
    return True


def note_action(ctx: Context, transition: Transition, action: str) -> None:
    """Carries out an action, if there is somebody to do so, and writes how that went into the alarm's history."""
    done = all(perform(ctx, transition, action) for perform in _PERFORMERS)
    summary = f"{'Successfully executed' if done else 'Failed to execute'} action {action}"
    note(ctx, transition.alarm, transition.at, "Action", summary, {"actionState": "Succeeded" if done else "Failed"})
