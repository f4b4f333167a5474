# SPDX-License-Identifier: Apache-2.0
"""What EventBridge holds for an account in a region: rules by bus and name, each with its targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context
from harecon_sandbox.services.common import Tags, arn

SERVICE = "events"
DEFAULT_BUS = "default"


@dataclass
class Rule:
    name: str
    bus: str
    arn: str
    account: str
    state: str = "ENABLED"
    pattern: str | None = None
    schedule: str | None = None
    description: str | None = None
    role: str | None = None
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: Tags = field(default_factory=dict)

    def shape(self) -> dict[str, Any]:
        """As the listing gives it: members that are not set are left out."""
        members = {
            "Name": self.name,
            "Arn": self.arn,
            "EventPattern": self.pattern,
            "State": self.state,
            "Description": self.description,
            "ScheduleExpression": self.schedule,
            "RoleArn": self.role,
            "EventBusName": self.bus,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass
class State:
    rules: dict[tuple[str, str], Rule] = field(default_factory=dict)


def state_of(ctx: Context) -> State:
    return ctx.keep("events", State)


def invalid(message: str) -> AWSError:
    return AWSError("ValidationException", message)


def bus_name(ctx: Context, given: str | None) -> str:
    """The name of a bus that is there, from its name or ARN."""
    name = (given or DEFAULT_BUS).rpartition("event-bus/")[2]
    if name != DEFAULT_BUS and name not in ctx.moto(SERVICE).event_buses:
        raise AWSError("ResourceNotFoundException", f"Event bus {name} does not exist.")
    return name


def rule_arn(ctx: Context, bus: str, name: str) -> str:
    return arn(ctx, SERVICE, f"rule/{name}" if bus == DEFAULT_BUS else f"rule/{bus}/{name}")


def find_rule(ctx: Context, name: str, bus: str | None = None) -> Rule:
    place = bus_name(ctx, bus)
    rule = state_of(ctx).rules.get((place, name))
    if rule is None:
        raise AWSError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {place}.")
    return rule
