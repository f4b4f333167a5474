# SPDX-License-Identifier: Apache-2.0
"""What an event means to the coordinator. Events come twice, late, out of order or never: each is a hint to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    # The probe finds no writer, or finds it again.
    DOWN = "down"
    UP = "up"
    # RDS or an alarm says that something happened.
    HINT = "hint"
    DRILL_BEGINS = "drill begins"
    DRILL_ENDS = "drill ends"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Event:
    """`at` is when it happened, in seconds by the clock on the wall, None where the event does not say."""

    kind: Kind
    what: str
    at: float | None = None
    since: float | None = None
    answers: tuple[tuple[str, bool], ...] = ()
    # The SQLSTATE of a writer that lives and has no room.
    exhausted: str | None = None
    experiment: str = ""
    template: str = ""
    status: str = ""


_FIS_ENDS = ("completed", "stopped", "failed", "cancelled")


def read(event: Mapping[str, Any]) -> Event:
    """Never raises: what cannot be understood is UNKNOWN, with the reason."""
    try:
        return _read(event)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Event(Kind.UNKNOWN, f"malformed: {type(error).__name__}: {error}")


def _read(event: Mapping[str, Any]) -> Event:
    match event.get("source"):
        case "harecon.probe":
            kind = {"down": Kind.DOWN, "up": Kind.UP}[event["writer"]]
            answers = tuple(sorted((str(name), bool(value)) for name, value in event.get("members", {}).items()))
            full = event.get("exhausted")
            return Event(
                kind, f"probe: {kind}", float(event["at"]), float(event["since"]), answers, str(full) if full else None
            )
        case "aws.rds":
            detail = event["detail"]
            return Event(Kind.HINT, f"{detail['EventID']}: {detail.get('Message', '')}", _time(event))
        case "aws.cloudwatch":
            detail = event["detail"]
            return Event(Kind.HINT, f"alarm {detail['alarmName']}: {detail['state']['value']}", _time(event))
        case "aws.fis":
            return _experiment(event)
        case source:
            return Event(Kind.UNKNOWN, f"from {source!r}")


def _experiment(event: Mapping[str, Any]) -> Event:
    detail = event["detail"]
    status = str(detail["new-state"]["status"])
    experiment, template = str(detail["experiment-id"]), str(detail["experiment-template-id"])
    what = f"experiment {experiment} is {status}"
    if status == "running":
        kind = Kind.DRILL_BEGINS
    elif status in _FIS_ENDS:
        kind = Kind.DRILL_ENDS
    else:
        return Event(Kind.UNKNOWN, what)
    return Event(kind, what, _time(event), experiment=experiment, template=template, status=status)


def _time(event: Mapping[str, Any]) -> float | None:
    text = event.get("time")
    return None if text is None else datetime.fromisoformat(str(text)).timestamp()
