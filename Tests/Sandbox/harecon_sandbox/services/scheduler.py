# SPDX-License-Identifier: Apache-2.0
"""EventBridge Scheduler: groups, which carry tags, and the schedules in them, which an update replaces whole."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services import iam
from harecon_sandbox.services.common import Tags, arn, check_tags, tag_list, tags_from
from harecon_sandbox.services.events.rules import check_schedule

SERVICE = "scheduler"
DEFAULT_GROUP = "default"
PRINCIPAL = "scheduler.amazonaws.com"
#: Simulated seconds that a group is `DELETING`.
DELETING = 10.0
AT = re.compile(r"at\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?\)")
UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:[a-z0-9]+:[a-z][A-Za-z0-9]+")
#: Calls that only read cannot be scheduled.
READS = re.compile(r":(get|describe|list|poll|receive|search|scan|query|select|lookup|discover|validate)[A-Z]")
#: What a schedule consists of; a put without one of the optional ones takes it away.
MEMBERS = (
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "EndDate",
    "Description",
    "State",
    "KmsKeyArn",
    "Target",
    "FlexibleTimeWindow",
    "ActionAfterCompletion",
)


@dataclass
class Group:
    name: str
    arn: str
    made: datetime
    tags: Tags = field(default_factory=dict)
    changed: datetime | None = None
    leaving: Timeline | None = None

    def gone(self) -> bool:
        return self.leaving is not None and self.leaving.gone()

    def shape(self) -> dict[str, Any]:
        return {
            "Arn": self.arn,
            "Name": self.name,
            "State": "DELETING" if self.leaving else "ACTIVE",
            "CreationDate": self.made,
            "LastModificationDate": self.changed or self.made,
        }


@dataclass
class Schedule:
    name: str
    group: str
    arn: str
    made: datetime
    changed: datetime
    settings: dict[str, Any]

    def shape(self) -> dict[str, Any]:
        return {
            "Arn": self.arn,
            "Name": self.name,
            "GroupName": self.group,
            "CreationDate": self.made,
            "LastModificationDate": self.changed,
            **self.settings,
        }

    def summary(self) -> dict[str, Any]:
        shape = self.shape()
        members = ("Arn", "Name", "GroupName", "CreationDate", "LastModificationDate", "State")
        return {**{member: shape[member] for member in members}, "Target": {"Arn": self.settings["Target"]["Arn"]}}


@dataclass
class State:
    groups: dict[str, Group] = field(default_factory=dict)
    schedules: dict[tuple[str, str], Schedule] = field(default_factory=dict)
    #: What creating calls came with, by their client token.
    tokens: dict[str, tuple[str, Params]] = field(default_factory=dict)


def state_of(ctx: Context) -> State:
    state = ctx.keep(SERVICE, State)
    if DEFAULT_GROUP not in state.groups:
        name = f"schedule-group/{DEFAULT_GROUP}"
        state.groups[DEFAULT_GROUP] = Group(DEFAULT_GROUP, arn(ctx, SERVICE, name), ctx.clock.datetime())
    for group in [group for group in state.groups.values() if group.gone()]:
        del state.groups[group.name]
        for place in [place for place in state.schedules if place[0] == group.name]:
            del state.schedules[place]
    return state


def invalid(message: str) -> AWSError:
    return AWSError("ValidationException", message)


def _conflict(message: str) -> AWSError:
    return AWSError("ConflictException", message)


def _repeated(ctx: Context, state: State, params: Params) -> bool:
    """Whether the call with this client token was carried out before; another call with it is refused."""
    token = params.get("ClientToken")
    if token is None:
        return False
    call = (ctx.operation, {name: value for name, value in params.items() if name != "ClientToken"})
    if token in state.tokens and state.tokens[token] != call:
        raise _conflict("The client token has been used with other parameters.")
    repeated = token in state.tokens
    state.tokens[token] = call
    return repeated


# Groups ------------------------------------------------------------------------------------------------------------


def find_group(ctx: Context, name: str) -> Group:
    group = state_of(ctx).groups.get(name)
    if group is None:
        raise AWSError("ResourceNotFoundException", f"Schedule group {name} does not exist.")
    return group


@operation(SERVICE, "CreateScheduleGroup")
def create_group(ctx: Context, params: Params) -> Result:
    state, name = state_of(ctx), params["Name"]
    if _repeated(ctx, state, params) and name in state.groups:
        return {"ScheduleGroupArn": state.groups[name].arn}
    if name in state.groups:
        raise _conflict(f"Schedule group {name} already exists.")
    tags = tags_from(params.get("Tags"))
    check_tags(tags, {}, invalid)
    group = Group(name, arn(ctx, SERVICE, f"schedule-group/{name}"), ctx.clock.datetime(), tags)
    state.groups[name] = group
    return {"ScheduleGroupArn": group.arn}


@operation(SERVICE, "GetScheduleGroup")
def get_group(ctx: Context, params: Params) -> Result:
    return find_group(ctx, params["Name"]).shape()


@operation(SERVICE, "ListScheduleGroups")
def list_groups(ctx: Context, params: Params) -> Result:
    groups = [group for name, group in sorted(state_of(ctx).groups.items())]
    prefix = params.get("NamePrefix", "")
    return {"ScheduleGroups": [group.shape() for group in groups if group.name.startswith(prefix)]}


@operation(SERVICE, "DeleteScheduleGroup")
def delete_group(ctx: Context, params: Params) -> Result:
    """With all that is in it, after a while."""
    group = find_group(ctx, params["Name"])
    if group.name == DEFAULT_GROUP:
        raise invalid("Cannot delete the default schedule group.")
    if group.leaving is None:
        group.leaving = Timeline(ctx.clock, [("DELETING", DELETING), (Timeline.GONE, None)])
    return {}


def _tagged(ctx: Context, resource: str) -> Group:
    group = next((group for group in state_of(ctx).groups.values() if group.arn == resource), None)
    if group is None:
        raise AWSError("ResourceNotFoundException", f"{resource} does not exist.")
    return group


@operation(SERVICE, "TagResource")
def tag(ctx: Context, params: Params) -> Result:
    group = _tagged(ctx, params["ResourceArn"])
    new = tags_from(params["Tags"])
    check_tags(new, group.tags, invalid)
    group.tags.update(new)
    group.changed = ctx.clock.datetime()
    return {}


@operation(SERVICE, "UntagResource")
def untag(ctx: Context, params: Params) -> Result:
    group = _tagged(ctx, params["ResourceArn"])
    for key in params["TagKeys"]:
        group.tags.pop(key, None)
    return {}


@operation(SERVICE, "ListTagsForResource")
def list_tags(ctx: Context, params: Params) -> Result:
    return {"Tags": tag_list(_tagged(ctx, params["ResourceArn"]).tags)}


# Schedules ---------------------------------------------------------------------------------------------------------


def find_schedule(ctx: Context, params: Params) -> Schedule:
    group = find_group(ctx, params.get("GroupName", DEFAULT_GROUP))
    schedule = state_of(ctx).schedules.get((group.name, params["Name"]))
    if schedule is None:
        raise AWSError("ResourceNotFoundException", f"Schedule {params['Name']} does not exist.")
    return schedule


def _check(ctx: Context, params: Params) -> None:
    expression, window, target = params["ScheduleExpression"], params["FlexibleTimeWindow"], params["Target"]
    if not check_schedule(expression) and not AT.fullmatch(expression):
        raise invalid(f"Invalid Schedule Expression {expression}.")
    zone = params.get("ScheduleExpressionTimezone")
    if zone is not None and zone not in zoneinfo.available_timezones():
        raise invalid(f"Invalid ScheduleExpressionTimezone: {zone}.")
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        raise invalid("MaximumWindowInMinutes and the mode FLEXIBLE go together.")
    name = target["Arn"]
    if ":aws-sdk:" in name:
        if not UNIVERSAL.fullmatch(name) or READS.search(name):
            raise invalid(f"{name} is not a supported target.")
        if "Input" not in target:
            raise invalid("Input is required for a universal target.")
    elif name.count(":") < 5:
        raise invalid(f"Provided Arn is not in correct format: {name}.")
    if not iam.assumable(ctx, target["RoleArn"], PRINCIPAL):
        raise invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


def _settings(params: Params) -> dict[str, Any]:
    """What is given, and AWS's own choice for the rest."""
    settings = {member: params[member] for member in MEMBERS if member in params}
    target = {**settings["Target"]}
    limits = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185, **target.get("RetryPolicy", {})}
    usual = {"ScheduleExpressionTimezone": "UTC", "State": "ENABLED", "ActionAfterCompletion": "NONE"}
    return {**usual, **settings, "Target": {**target, "RetryPolicy": limits}}


@operation(SERVICE, "CreateSchedule")
def create_schedule(ctx: Context, params: Params) -> Result:
    state, name = state_of(ctx), params["Name"]
    group = find_group(ctx, params.get("GroupName", DEFAULT_GROUP))
    place = (group.name, name)
    if _repeated(ctx, state, params) and place in state.schedules:
        return {"ScheduleArn": state.schedules[place].arn}
    if place in state.schedules:
        raise _conflict(f"Schedule {name} already exists.")
    if group.leaving:
        raise _conflict(f"Schedule group {group.name} is being deleted.")
    _check(ctx, params)
    now = ctx.clock.datetime()
    schedule = Schedule(
        name, group.name, arn(ctx, SERVICE, f"schedule/{group.name}/{name}"), now, now, _settings(params)
    )
    state.schedules[place] = schedule
    return {"ScheduleArn": schedule.arn}


@operation(SERVICE, "UpdateSchedule")
def update_schedule(ctx: Context, params: Params) -> Result:
    """ "EventBridge Scheduler uses all values ... specified in the request and overrides the existing schedule. ... if you
    do not set an optional field ... it will be set to its system-default value." """
    schedule = find_schedule(ctx, params)
    _check(ctx, params)
    schedule.settings, schedule.changed = _settings(params), ctx.clock.datetime()
    return {"ScheduleArn": schedule.arn}


@operation(SERVICE, "GetSchedule")
def get_schedule(ctx: Context, params: Params) -> Result:
    return find_schedule(ctx, params).shape()


@operation(SERVICE, "ListSchedules")
def list_schedules(ctx: Context, params: Params) -> Result:
    group, prefix = params.get("GroupName"), params.get("NamePrefix", "")
    if group is not None:
        find_group(ctx, group)
    found = [
        schedule
        for (home, name), schedule in sorted(state_of(ctx).schedules.items())
        if group in (None, home)
        and name.startswith(prefix)
        and params.get("State") in (None, schedule.settings["State"])
    ]
    return {"Schedules": [schedule.summary() for schedule in found]}


@operation(SERVICE, "DeleteSchedule")
def delete_schedule(ctx: Context, params: Params) -> Result:
    schedule = find_schedule(ctx, params)
    del state_of(ctx).schedules[schedule.group, schedule.name]
    return {}


def inventory(ctx: Context) -> list[dict[str, Any]]:
    state = state_of(ctx)
    groups = [
        {"kind": "scheduler/group", "id": group.name, "name": group.name, "arn": group.arn, "tags": dict(group.tags),
         "status": group.shape()["State"]}
        for group in state.groups.values()
        if group.name != DEFAULT_GROUP
    ]  # fmt: skip
    schedules = [
        {"kind": "scheduler/schedule", "id": f"{group}/{name}", "name": name, "tags": {},
         "status": schedule.settings["State"]}
        for (group, name), schedule in state.schedules.items()
    ]  # fmt: skip
    return [*groups, *schedules]
