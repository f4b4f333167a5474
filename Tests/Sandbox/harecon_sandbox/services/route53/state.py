# SPDX-License-Identifier: Apache-2.0
"""What Route 53 holds for an account: zones with their records, changes on their way, names."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params, Result, Timeline, operation
from harecon_sandbox.services.common import Tags

SERVICE = "route53"
IN_SYNC_AFTER = 20.0
RecordKey = tuple[str, str, str]  # name, type, set identifier


@dataclass
class Zone:
    id: str
    name: str
    caller_reference: str
    private: bool
    comment: str | None
    vpcs: list[tuple[str, str]]  # id, region
    records: dict[RecordKey, dict[str, Any]]
    tags: Tags = field(default_factory=dict)

    def shape(self) -> dict[str, Any]:
        config: dict[str, Any] = {"PrivateZone": self.private}
        if self.comment:
            config["Comment"] = self.comment
        return {
            "Id": f"/hostedzone/{self.id}",
            "Name": escaped(self.name),
            "CallerReference": self.caller_reference,
            "Config": config,
            "ResourceRecordSetCount": len(self.records),
        }


@dataclass
class Change:
    id: str
    zone: str
    submitted: Any
    timeline: Timeline
    comment: str | None = None

    def shape(self) -> dict[str, Any]:
        shape = {"Id": f"/change/{self.id}", "Status": self.timeline.status(), "SubmittedAt": self.submitted}
        return {**shape, "Comment": self.comment} if self.comment else shape


@dataclass
class HealthCheck:
    id: str
    reference: str
    asked: dict[str, Any]
    """The settings of the creating call, by which a repeated one is known."""
    config: dict[str, Any]
    alarm: dict[str, Any] | None = None
    """What it remembers of the alarm that it watches."""
    version: int = 1
    tags: Tags = field(default_factory=dict)

    def shape(self) -> dict[str, Any]:
        shape = {
            "Id": self.id,
            "CallerReference": self.reference,
            "HealthCheckConfig": dict(self.config),
            "HealthCheckVersion": self.version,
        }
        return {**shape, "CloudWatchAlarmConfiguration": self.alarm} if self.alarm else shape


@dataclass
class State:
    zones: dict[str, Zone] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    references: set[str] = field(default_factory=set)
    health_checks: dict[str, HealthCheck] = field(default_factory=dict)
    check_references: set[str] = field(default_factory=set)


def state_of(ctx: Context) -> State:
    """Route 53 is global: one state per account, whatever the region of the call."""
    state: State = ctx.store.setdefault("route53", State())
    return state


def find_zone(ctx: Context, identifier: str) -> Zone:
    key = identifier.removeprefix("/hostedzone/")
    zone = state_of(ctx).zones.get(key)
    if zone is None:
        raise AWSError("NoSuchHostedZone", f"No hosted zone found with ID: {key}", 404)
    return zone


# Names -------------------------------------------------------------------------------------------------------------


def canonical(name: str) -> str:
    """The name as it is compared: lower case, a dot at the end, escapes resolved."""
    resolved = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), name)
    lowered = resolved.lower()
    return lowered if lowered.endswith(".") else lowered + "."


def escaped(name: str) -> str:
    """The name as Route 53 answers it: what is not a-z, 0-9, hyphen, underscore or dot as \\ooo."""
    plain = string.ascii_lowercase + string.digits + "-_."
    return "".join(char if char in plain else f"\\{ord(char):03o}" for char in name)


def check_domain(name: str) -> None:
    labels = name.rstrip(".").split(".")
    if len(name) > 255 or any(not 1 <= len(label) <= 63 for label in labels):
        raise AWSError("InvalidDomainName", f"The domain name is invalid: {name}", 400)


def reversed_labels(name: str) -> list[str]:
    return name.rstrip(".").split(".")[::-1]


# Changes -----------------------------------------------------------------------------------------------------------


def submit(ctx: Context, state: State, zone: str, comment: str | None = None) -> dict[str, Any]:
    identifier = "C" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(20))
    timeline = Timeline(ctx.clock, [("PENDING", IN_SYNC_AFTER), ("INSYNC", None)])
    state.changes[identifier] = Change(identifier, zone, ctx.clock.datetime(), timeline, comment)
    return state.changes[identifier].shape()


@operation(SERVICE, "GetChange")
def get_change(ctx: Context, params: Params) -> Result:
    identifier = params["Id"].removeprefix("/change/")
    change = state_of(ctx).changes.get(identifier)
    if change is None:
        raise AWSError("NoSuchChange", f"Could not find resource with ID: {identifier}", 404)
    return {"ChangeInfo": change.shape()}


def check_prior(ctx: Context, state: State, zone: Zone) -> None:
    """Setting `prior_request_not_complete` has Route 53 be as slow as it is when it is busy: a change of a zone is
    refused while the zone's last one is not in sync."""
    if not ctx.settings.get("prior_request_not_complete"):
        return
    for change in state.changes.values():
        if change.zone == zone.id and not change.timeline.settled():
            change.timeline.status()
            ctx.clock.settle()
            raise AWSError(
                "PriorRequestNotComplete",
                "The request was rejected because Route 53 was still processing a prior request.",
                400,
            )
