# SPDX-License-Identifier: Apache-2.0
"""Alarms of both types: looking at them, deleting them, setting their state, switching their actions."""

from __future__ import annotations

import json
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, operation

from . import rules
from .state import COMPOSITE, METRIC, SERVICE, Alarm, alarm_name, find_alarm, invalid, move, note, state_of


def _answer(alarms: list[Alarm], types: list[str]) -> Result:
    return {
        "MetricAlarms": [a.shape() for a in alarms if a.kind == METRIC and METRIC in types],
        "CompositeAlarms": [a.shape() for a in alarms if a.kind == COMPOSITE and COMPOSITE in types],
    }


@operation(SERVICE, "DescribeAlarms")
def describe_alarms(ctx: Context, params: Params) -> Result:
    """Without AlarmTypes only metric alarms are answered."""
    names, prefix = params.get("AlarmNames"), params.get("AlarmNamePrefix")
    if names and prefix:
        raise invalid("AlarmNames and AlarmNamePrefix are mutually exclusive")
    for relation in ("ChildrenOfAlarmName", "ParentsOfAlarmName"):
        if relation in params:
            others = set(params) - {relation, "MaxRecords", "NextToken"}
            if others:
                raise invalid(f"{relation} cannot be used with {', '.join(sorted(others))}")
            return _relatives(ctx, relation, params[relation])
    found = [
        alarm
        for name, alarm in sorted(state_of(ctx).alarms.items())
        if (not names or name in names)
        and (prefix is None or name.startswith(prefix))
        and params.get("StateValue", alarm.value) == alarm.value
        and _acts_on(alarm, params.get("ActionPrefix"))
    ]
    return _answer(found, params.get("AlarmTypes") or [METRIC])


def _acts_on(alarm: Alarm, prefix: str | None) -> bool:
    actions = [action for value in ("OK", "ALARM", "INSUFFICIENT_DATA") for action in alarm.actions(value)]
    return prefix is None or any(action.startswith(prefix) for action in actions)


def _relatives(ctx: Context, relation: str, name: str) -> Result:
    """Children with name, ARN and state, parents with name and ARN."""
    alarms = state_of(ctx).alarms
    if name not in alarms:
        raise AWSError("ResourceNotFound", f"Alarm {name} does not exist", 404)
    if relation == "ParentsOfAlarmName":
        related, members = parents_of(ctx, name), ("AlarmName", "AlarmArn")
    else:
        named = rules.references(alarms[name].config.get("AlarmRule", "FALSE"))
        related = [alarms[child] for child in sorted(named) if child in alarms]
        members = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
    answer = _answer(related, [METRIC, COMPOSITE])
    return {key: [{m: shape[m] for m in members} for shape in shapes] for key, shapes in answer.items()}


def parents_of(ctx: Context, name: str) -> list[Alarm]:
    """The composite alarms whose rule names it or whose actions it suppresses."""
    return [
        alarm
        for _, alarm in sorted(state_of(ctx).alarms.items())
        if alarm.kind == COMPOSITE
        and (
            name in rules.references(alarm.config["AlarmRule"])
            or alarm_name(alarm.config.get("ActionsSuppressor", "")) == name
        )
    ]


@operation(SERVICE, "DescribeAlarmsForMetric")
def describe_alarms_for_metric(ctx: Context, params: Params) -> Result:
    def watches(alarm: Alarm) -> bool:
        config = alarm.config
        asked = {"MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit"} & set(params)
        wanted = {(d["Name"], d["Value"]) for d in params.get("Dimensions") or ()}
        return (
            alarm.kind == METRIC
            and all(config.get(member) == params[member] for member in asked)
            and {(d["Name"], d["Value"]) for d in config.get("Dimensions") or ()} == wanted
        )

    return {"MetricAlarms": [a.shape() for _, a in sorted(state_of(ctx).alarms.items()) if watches(a)]}


@operation(SERVICE, "DeleteAlarms")
def delete_alarms(ctx: Context, params: Params) -> Result:
    """What is named rightly is deleted also when something else is not there."""
    alarms = state_of(ctx).alarms
    named = [alarms[name] for name in dict.fromkeys(params["AlarmNames"]) if name in alarms]
    if sum(alarm.kind == COMPOSITE for alarm in named) > 1:
        raise invalid("At most one composite alarm can be deleted in one call")
    for alarm in named:
        if [parent for parent in parents_of(ctx, alarm.name) if parent not in named]:
            raise invalid(f"Cannot delete {alarm.name} as there are composite alarm(s) depending on it.")
    for alarm in named:
        note(ctx, alarm, ctx.clock.now(), "ConfigurationUpdate", f'Alarm "{alarm.name}" deleted', {"type": "Delete"})
        del alarms[alarm.name]
    missing = [name for name in params["AlarmNames"] if name not in {alarm.name for alarm in named}]
    if missing:
        raise AWSError("ResourceNotFound", f"Alarms not found: {', '.join(missing)}", 404)
    return {}


@operation(SERVICE, "SetAlarmState")
def set_alarm_state(ctx: Context, params: Params) -> Result:
    """For a moment: the next evaluation of a metric alarm sets what the data say."""
    alarm = find_alarm(ctx, params["AlarmName"])
    if alarm is None:
        raise AWSError("ResourceNotFound", f"Alarm {params['AlarmName']} does not exist", 404)
    data = params.get("StateReasonData", "")
    if data:
        try:
            json.loads(data)
        except ValueError:
            raise AWSError("InvalidFormat", "StateReasonData is not valid JSON") from None
    move(ctx, alarm, params["StateValue"], params["StateReason"], data, ctx.clock.now())
    return {}


@operation(SERVICE, "EnableAlarmActions", "DisableAlarmActions")
def switch_actions(ctx: Context, params: Params) -> Result:
    """Alarms that are not there are passed over."""
    for name in params["AlarmNames"]:
        alarm = find_alarm(ctx, name)
        if alarm is not None:
            alarm.config["ActionsEnabled"] = ctx.operation == "EnableAlarmActions"
            alarm.configured = ctx.clock.now()
            note(ctx, alarm, alarm.configured, "ConfigurationUpdate", f'Alarm "{name}" updated', {"type": "Update"})
    return {}


@operation(SERVICE, "DescribeAlarmHistory")
def describe_history(ctx: Context, params: Params) -> Result:
    """The youngest first, unless asked otherwise; only of metric alarms, unless asked for composite ones too."""
    types: list[Any] = params.get("AlarmTypes") or [METRIC]
    lines = [
        entry.shape()
        for entry in state_of(ctx).history
        if params.get("AlarmName", entry.alarm) == entry.alarm
        and params.get("HistoryItemType", entry.type) == entry.type
        and entry.kind in types
    ]
    start, end = params.get("StartDate"), params.get("EndDate")
    lines = [l for l in lines if (not start or l["Timestamp"] >= start) and (not end or l["Timestamp"] <= end)]
    return {"AlarmHistoryItems": lines if params.get("ScanBy") == "TimestampAscending" else lines[::-1]}
