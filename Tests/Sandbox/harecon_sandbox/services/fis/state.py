# SPDX-License-Identifier: Apache-2.0
"""What the FIS of one account and region holds."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from harecon_sandbox.kit import AWSError, Context, Params
from harecon_sandbox.services.common import Tags, arn, check_tags

SERVICE = "fis"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass
class Template:
    id: str
    shape: dict[str, Any]
    tags: Tags


@dataclass
class Action:
    """One action of an experiment and where it stands."""

    shape: dict[str, Any]
    status: str = "pending"
    reason: str = "Initial state"
    started: float | None = None
    ended: float | None = None
    #: When it will have ended by itself, once it runs.
    due: float | None = None


@dataclass
class Report:
    """What becomes of an experiment's report."""

    status: str = "pending"
    reason: str = "Initial state"
    error: str | None = None
    arn: str | None = None
    #: When it is made, once the experiment has ended.
    due: float | None = None


@dataclass
class Experiment:
    id: str
    template: dict[str, Any]
    tags: Tags
    created: float
    skips_actions: bool
    actions: dict[str, Action]
    status: str = "pending"
    reason: str = "Initial state"
    error: dict[str, str] | None = None
    started: float | None = None
    ended: float | None = None
    #: When the present status ends by itself; None when it is the last, or ends with its actions.
    due: float | None = None
    #: Target → ARNs, once they are resolved.
    resolved: dict[str, list[str]] = field(default_factory=dict)
    logged: int = 0
    #: None where the template asks for none.
    report: Report | None = None


@dataclass
class Lever:
    status: str = "disengaged"
    reason: str = "Initial state"


@dataclass
class State:
    templates: dict[str, Template] = field(default_factory=dict)
    experiments: dict[str, Experiment] = field(default_factory=dict)
    #: Operation and client token → what was asked for and the id that was given.
    tokens: dict[tuple[str, str], tuple[Params, dict[str, Any]]] = field(default_factory=dict)
    lever: Lever = field(default_factory=Lever)
    #: Experiments are being brought forward: the calls that they make bring nothing forward themselves.
    settling: bool = False


def state(ctx: Context) -> State:
    return ctx.keep(SERVICE, State)


def new_id(prefix: str) -> str:
    """An identifier as FIS gives them, such as EXT1a2b3c4d5e6f7g8h9."""
    return prefix + "".join(secrets.choice("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz") for _ in range(15))


def fis_arn(ctx: Context, kind: str, identifier: str) -> str:
    return arn(ctx, SERVICE, f"{kind}/{identifier}")


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)


def invalid(message: str) -> AWSError:
    return AWSError("ValidationException", message, 400)


def missing(kind: str, identifier: str) -> AWSError:
    return AWSError("ResourceNotFoundException", f"{kind} {identifier} does not exist", 404)


def seconds_of(text: str) -> float:
    """The length of an ISO 8601 duration; FIS takes one minute to twelve hours."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise invalid(f"The duration '{text}' is not of the form PT5M.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if not 60 <= length <= 12 * 3600:
        raise invalid(f"The duration '{text}' is not between one minute and twelve hours.")
    return length


def check_fis_tags(tags: Tags, current: Tags) -> None:
    check_tags(tags, current, invalid)


def without_nothing(shape: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shape.items() if value is not None}
